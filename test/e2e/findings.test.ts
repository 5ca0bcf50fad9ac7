/**
 * Goal: who breaks which rule is told while it happens, wherever somebody looks at a running proxy: on stdout, in the log,
 * over the control, in the metrics; and what a fault of the proxy did is not taken for a breach.
 */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { type Conversation, conversations } from '../support/conversations.ts';
import { readExposition } from '../support/exposition.ts';
import { OpenApi } from '../support/openapi.ts';
import { leasetap, type Running, runLeasetap, temporaryFolder } from '../support/process.ts';
import { portOf, read } from '../support/relay.ts';

const HOST = '::1';
const api = new OpenApi('openapi-proxy.yaml');

interface Line {
  readonly event?: string;
  readonly id?: string;
  readonly frame?: number | null;
}

interface Tap {
  readonly proxy: Running;
  readonly control: string;
  readonly recording: string;
  readonly log: () => readonly Line[];
  readonly primary: Socket;
  readonly secondary: Socket;
}

/** Two servers that say what the test wants, and a proxy between them that keeps a log. */
async function tap(...options: readonly string[]): Promise<Tap> {
  const folder = temporaryFolder();
  const [control, logPath] = [join(folder, 'tap.sock'), join(folder, 'tap.jsonl')];
  const recording = join(folder, 'tap.pcapng');
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const proxy = leasetap([
    ...['proxy', '--listen', `[${HOST}]:0`, '--to', `[${HOST}]:${portOf(server)}`],
    ...['--log', logPath, '--write', recording, '--control', control, ...options],
  ]);
  const port = Number((await proxy.prints(/listening on \S+:(\d+)/))[1]);
  await proxy.prints(/control at/);
  const accepted = once(server, 'connection');
  const primary = connect({ host: HOST, port });
  const [secondary] = (await accepted) as [Socket];
  for (const socket of [primary, secondary]) socket.on('error', () => undefined);
  onTestFinished(() => {
    for (const end of [primary, secondary]) end.destroy();
    server.close();
  });
  const log = () =>
    readFileSync(logPath, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
  return { proxy, control, recording, log, primary, secondary };
}

/** Both say what they say in the conversation, each after it has heard what was said before. */
async function talk(
  { primary, secondary }: Tap,
  { messages }: Conversation,
  from = 0,
  to?: number,
): Promise<void> {
  for (const [, who, hex] of messages.slice(from, to)) {
    const size = (hex.length / 2).toString(16).padStart(4, '0');
    const octets = Uint8Array.from(Buffer.from(size + hex, 'hex'));
    const [sender, receiver] = who === 'p' ? [primary, secondary] : [secondary, primary];
    sender.write(octets);
    expect(toHex(await read(receiver, octets.length))).toBe(size + hex);
  }
}

function asked(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath, path }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      response.on('end', () => resolve(text));
    });
    asking.on('error', reject);
    asking.end();
  });
}

/** The first event of this kind of the control's stream; resolves to a promise once the stream has begun. */
async function nextEvent(socketPath: string, kind: string): Promise<() => Promise<unknown>> {
  const asking = request({ socketPath, path: '/events' }).end();
  const [response] = await once(asking, 'response');
  let text = '';
  response.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  onTestFinished(() => {
    asking.destroy();
  });
  return async () => {
    for (;;) {
      const found = new RegExp(`^event: ${kind}\\ndata: (.*)$`, 'm').exec(text);
      if (found !== null) return JSON.parse(found[1] as string);
      await once(response, 'data');
    }
  };
}

function breaking(name: string): Conversation {
  return conversations.find((one) => one.name === name) as Conversation;
}

const inLog = ({ log }: Tap, event: string) => log().filter((line) => line.event === event);

describe('leasetap proxy', () => {
  it('tells who breaks which rule on stdout, in the log, over the control, and in the metrics', async () => {
    const tapped = await tap();
    const conversation = breaking('vio-reply-other-status');
    await talk(tapped, conversation, 0, 2);
    // Who has seen nothing yet knows of no relationship to tell of.
    await tapped.proxy.prints(/CONNECTREPLY/);
    const watch = leasetap(['watch', tapped.control, '--no-tui']);
    await watch.prints(/before: /);
    const event = await nextEvent(tapped.control, 'finding');
    await talk(tapped, conversation, 2);
    const line = /error {3}RFC 8156 §7\.6 MUST bndreply-status-differs: #8 .*BNDREPLY: .*\[see #7\]/;
    await tapped.proxy.prints(line);
    await watch.prints(line);
    const told = await event();
    expect(api.deviations('FindingEvent', told)).toEqual([]);
    expect(told).toMatchObject({ finding: { id: 'bndreply-status-differs', message: { index: 8 } } });
    const stats = JSON.parse(await asked(tapped.control, '/stats'));
    const [key] = Object.keys(stats.findings);
    expect(key).toMatch(/^bndreply-status-differs 7\.6 (primary|secondary)$/);
    const sender = key?.split(' ')[2];
    const families = readExposition(await asked(tapped.control, '/metrics'));
    const labels = `rule="bndreply-status-differs",section="7.6",sender="${sender}"`;
    expect(families.get('leasetap_findings_total')?.samples).toEqual(
      new Map([[`leasetap_findings_total{${labels}}`, 1]]),
    );
    expect((await tapped.proxy.kill('SIGTERM')).code).toBe(0);
    expect(inLog(tapped, 'finding')).toMatchObject([
      {
        id: 'bndreply-status-differs',
        section: '7.6',
        sender,
        message_index: 8,
        connection: 0,
        related_indices: [7],
        transaction_id: expect.any(Number),
      },
    ]);
    const [finding] = inLog(tapped, 'finding');
    const read = await runLeasetap(['read', '-T', 'jsonl', tapped.recording]);
    const recorded = read.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const { transaction_id } = finding as { transaction_id?: number };
    const [sent] = recorded.filter(
      (one) => one.msg_name === 'BNDREPLY' && one.transaction_id === transaction_id,
    );
    expect(finding?.frame).toBe(sent.frame);
  });

  // Goal: what is found only at the end, and what was still waiting to be judged, is in the log of a proxy that is stopped.
  it('judges what is left when it is stopped, and logs that', async () => {
    const tapped = await tap('--quiet');
    await talk(tapped, breaking('vio-connectreply-mclt'));
    expect((await tapped.proxy.kill('SIGTERM')).code).toBe(0);
    expect(inLog(tapped, 'finding').map(({ id }) => id)).toEqual(['connectreply-mclt']);
  });

  it('says from where on a fault keeps a connection from being judged, and blames nobody behind it', async () => {
    // The secondary answers to what it got, and would be blamed for what it was not told.
    const tapped = await tap('--fault', 'delay p>s CONNECT 1ms');
    await talk(tapped, breaking('vio-connectreply-mclt'));
    await tapped.proxy.prints(
      /connection 0: from here to its end each message is judged by itself, because of F1 delay/,
    );
    expect((await tapped.proxy.kill('SIGTERM')).code).toBe(0);
    expect(inLog(tapped, 'finding')).toEqual([]);
    expect(inLog(tapped, 'judging')).toMatchObject([{ connection: 0, judged: 'alone', reason: 'F1 delay' }]);
  });

  it('does not judge with --no-findings', async () => {
    const tapped = await tap('--no-findings');
    await talk(tapped, breaking('vio-connectreply-mclt'));
    expect((await tapped.proxy.kill('SIGTERM')).code).toBe(0);
    expect(inLog(tapped, 'finding')).toEqual([]);
  });
});

// Goal: our own servers break no rule, in the sight of the proxy between them, with faults and without.
describe('leasetap lab', () => {
  const faults = join('fixtures', 'scenarios');
  it.each(['lost-replies.yaml', 'connection-lost.yaml'])(
    'finds nothing while %s is played',
    async (scenario) => {
      const folder = temporaryFolder();
      const path = join(process.cwd(), faults, scenario);
      expect(existsSync(path)).toBe(true);
      const lab = leasetap(['lab', '--no-tui', '--log', 'lab.jsonl', '--scenario', path], { cwd: folder });
      const { code, out } = await lab.ended;
      const log = readFileSync(join(folder, 'lab.jsonl'), 'utf8');
      expect(log.match(/^.*"event":"finding".*$/gm) ?? []).toEqual([]);
      expect([code, /not as expected/.test(out)]).toEqual([0, false]);
    },
    300_000,
  );
});
