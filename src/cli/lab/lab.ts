/**
 * A lab: two servers as child processes, the proxy between them in this process, clients, and a folder for what they
 * need. It is a session for the views; what it runs ends with it and its folder goes away.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { type Random, seededRandom } from '../../base/clock.ts';
import { InputError } from '../../base/problem.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import type { ProxyHandle } from '../../proxy/handle.ts';
import { JournalHost } from '../../proxy/journal/host.ts';
import { ProxySession } from '../../proxy/relay.ts';
import { ControlClient } from '../../server/control-client.ts';
import type { ServerEvent } from '../../server/news-text.ts';
import { sessionOfProxy } from '../../tui/proxy-session.ts';
import type { Session, SessionItem } from '../../tui/session.ts';
import { note, withOwnItems } from '../own-items.ts';
import { eachSecond } from '../proxy/each-second.ts';
import { flood, strangersCall } from '../proxy/intruders.ts';
import { isStepping, steppingCommand, steppingOf } from '../proxy/stepping.ts';
import { packageVersion } from '../version.ts';
import { ClientNews } from './client-news.ts';
import { LabClients } from './clients.ts';
import { makeLabFolder } from './folder.ts';
import { freePorts } from './free-ports.ts';
import { carryOut, type Orderable } from './orders.ts';
import {
  clientListen,
  configFile,
  controlSocket,
  LAB_CLIENTS,
  LAB_LINK_ADDRESS,
  LAB_TIMES,
  type LabPlan,
  proxyListen,
  SERVER_NAMES,
  type ServerName,
  secondaryListen,
  serverYaml,
  storeFolder,
  strangersListen,
} from './plan.ts';
import { type ServerNews, ServerProcess } from './server-process.ts';
import { type ServerWatch, watchServers } from './server-watch.ts';
import { perfectConnect } from './strangers.ts';

/** The secondary listens before the primary dials, so that the first attempt already meets somebody. */
const HEAD_START_MILLIS = 300;

/** Kinds of server events that are no news in a lab. */
const SILENT: ReadonlySet<string> = new Set(['leases', 'listening', 'stopping']);

export interface LabSettings {
  /** Files that are left behind. */
  readonly recording: string;
  readonly log: string | undefined;
  readonly seed: number;
  /** The program that the children run: `leasetap` itself. */
  readonly program: string;
  readonly dissectors: Dissectors;
}

export class Lab {
  readonly session: Session;
  private readonly plan: LabPlan;
  private readonly proxySession: ProxySession;
  private readonly servers: Readonly<Record<ServerName, ServerProcess>>;
  private readonly controls: Readonly<Record<ServerName, ControlClient>>;
  private readonly watch: ServerWatch;
  private readonly clients: LabClients;
  private readonly tell: (item: SessionItem) => void;
  private closing: Promise<void> | undefined;

  /** Everything but the servers is there when this resolves: files are open and the proxy listens. */
  static async prepare(settings: LabSettings): Promise<Lab> {
    const plan: LabPlan = {
      folder: makeLabFolder(tmpdir()),
      ports: await freePorts(),
      times: LAB_TIMES,
    };
    try {
      for (const name of SERVER_NAMES) writeFileSync(configFile(plan, name), serverYaml(plan, name));
      const random = seededRandom(settings.seed);
      let lab: Lab | undefined;
      const onFileError = (path: string, error: Error) => lab?.note(`${path}: ${error.message}`, true);
      const proxy = await startProxy(plan, settings, random, onFileError);
      lab = new Lab(plan, settings, proxy);
      return lab;
    } catch (error) {
      rmSync(plan.folder, { recursive: true, force: true });
      throw error;
    }
  }

  private constructor(plan: LabPlan, settings: LabSettings, proxy: ProxySession) {
    this.plan = plan;
    this.proxySession = proxy;
    const server = (name: ServerName) =>
      new ServerProcess(
        name,
        [settings.program, 'serve', '--log-format', 'jsonl', configFile(plan, name)],
        (news) => this.onServerNews(name, news),
      );
    this.servers = { primary: server('primary'), secondary: server('secondary') };
    const control = (name: ServerName) =>
      new ControlClient({ kind: 'unix', path: controlSocket(plan, name) });
    this.controls = { primary: control('primary'), secondary: control('secondary') };
    this.watch = watchServers(this.controls);
    const news = new ClientNews((text) => this.note(text, false));
    this.clients = new LabClients(
      {
        ...LAB_CLIENTS,
        seed: settings.seed,
        servers: SERVER_NAMES.map((name) => clientListen(plan, name)),
        linkAddress: LAB_LINK_ADDRESS,
      },
      (event) => news.event(event),
    );
    const stepping = steppingCommand(steppingOf(proxy));
    const ofProxy = sessionOfProxy(proxy, {
      title: 'lab',
      watchServers: (listener) => this.watch.watch(listener),
      eachSecond,
      command: (line) => (isStepping(line) ? stepping(line) : carryOut(line, this.orderable())),
    });
    const { session, tell } = withOwnItems(ofProxy);
    this.session = session;
    this.tell = tell;
  }

  /** The tap itself, for who wants to script it. */
  get proxy(): ProxyHandle {
    return this.proxySession;
  }

  /** Starts the servers and sends the clients on their way. */
  async start(): Promise<void> {
    this.servers.secondary.start();
    await new Promise((resolve) => setTimeout(resolve, HEAD_START_MILLIS));
    if (this.closing !== undefined) return;
    this.servers.primary.start();
    await this.clients.start();
  }

  /** Ends everything, writes the files out and removes the folder. */
  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private async closeAll(): Promise<void> {
    this.watch.stop();
    await this.clients.stop();
    await Promise.all(SERVER_NAMES.map((name) => this.servers[name].stop()));
    await this.proxySession.close();
    rmSync(this.plan.folder, { recursive: true, force: true });
  }

  /** Says something of its own among what happens. */
  note(text: string, alarming: boolean): void {
    this.tell(note(text, alarming));
  }

  private onServerNews(name: ServerName, news: ServerNews): void {
    if (news.kind === 'started') this.note(`the ${name} runs as process ${news.processId}`, false);
    else if (news.kind === 'line') this.onServerLine(name, news.text);
    else this.note(`the ${name} ended: ${news.how}`, !news.asked);
  }

  /** A line of the server's log; leases are told by their BNDUPDs already. */
  private onServerLine(name: ServerName, line: string): void {
    const event = readServerLine(line);
    if (event === undefined) this.note(`${name}: ${line}`, true);
    else if (!SILENT.has(event.kind)) {
      this.note(`${name}: ${[event.text, event.section].filter(Boolean).join(' ')}`, event.kind === 'alarm');
    }
  }

  private orderable(): Readonly<Record<ServerName, Orderable>> {
    const one = (name: ServerName): Orderable => {
      const process = this.servers[name];
      return {
        get running() {
          return process.running;
        },
        start: () => process.start(),
        kill: () => process.kill(),
        stop: () => process.stop(),
        flood: async () => {
          if (name === 'primary' || !process.running)
            throw new InputError(`the ${name} takes no connections`);
          await flood(secondaryListen(this.plan));
        },
        strangers: async () => {
          const on = strangersListen(this.plan);
          if (name === 'primary' || !process.running || on === undefined)
            throw new InputError(`the ${name} takes no connections from strangers`);
          await strangersCall(on, perfectConnect(this.plan));
        },
        wipe: () => rmSync(storeFolder(this.plan, name), { recursive: true, force: true }),
        control: async (order) => {
          const { state, text } = await this.controls[name].order({ name: order });
          return `the ${name} is in ${state}: ${text}`;
        },
      };
    };
    return { primary: one('primary'), secondary: one('secondary') };
  }
}

/** `undefined` for what is no event, such as the line with which a server gives up. */
function readServerLine(line: string): ServerEvent | undefined {
  try {
    return JSON.parse(line) as ServerEvent;
  } catch {
    return undefined;
  }
}

function startProxy(
  plan: LabPlan,
  settings: LabSettings,
  random: Random,
  onFileError: (path: string, error: Error) => void,
): Promise<ProxySession> {
  return ProxySession.start({
    listen: proxyListen(plan),
    dial: secondaryListen(plan),
    random,
    dissectors: settings.dissectors,
    record: {
      path: settings.recording,
      header: { application: `leasetap ${packageVersion()}`, comments: [`lab, seed ${settings.seed}`] },
    },
    ...(settings.log === undefined ? {} : { logPath: settings.log }),
    host: new JournalHost(),
    judge: true,
    onFileError,
  });
}
