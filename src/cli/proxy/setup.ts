/**
 * What the options and the file of `leasetap proxy` say, as relationships to be served; and how one of them is served:
 * its files, what the header of its recording tells, its sign of life.
 */
import { join, parse } from 'node:path';
import { type Random, seededRandom } from '../../base/clock.ts';
import { InputError } from '../../base/problem.ts';
import { formatSocketAddress, type SocketAddress } from '../../base/socket-address.ts';
import { failureText, systemErrorWords } from '../../base/system-error.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import { checkFault } from '../../proxy/faults/armed.ts';
import { describe } from '../../proxy/faults/kinds.ts';
import type { FaultSpec } from '../../proxy/faults/spec.ts';
import { ProxyGroup, type Serving } from '../../proxy/group.ts';
import { JournalHost } from '../../proxy/journal/host.ts';
import { Numbering } from '../../proxy/numbering.ts';
import type { Rotation } from '../../proxy/recorder-file.ts';
import {
  checkedSettings,
  type RelationshipSettings,
  type TlsPaths,
  UNNAMED,
} from '../../proxy/relationship.ts';
import { type ProxyOptions, ProxySession } from '../../proxy/relay.ts';
import { keepAlive, parseAliveSet } from './alive.ts';
import { ClaimedFiles } from './claimed-files.ts';
import { type ProxyConfig, readProxyConfig } from './config-file.ts';
import { checkTlsNames, checkTlsOptions, type TlsOptions, terminationFor, tlsOf } from './tls.ts';

/** `[::1]:647`, or with a name of the relationship before it: `campus=[::1]:647`. */
export interface NamedEnd {
  readonly name: string | undefined;
  readonly end: SocketAddress;
}

/** The options that say which relationships there are. */
export interface RelationshipOptions extends TlsOptions {
  readonly config?: string;
  readonly listen: readonly SocketAddress[];
  readonly to: readonly NamedEnd[];
  readonly from?: string;
  readonly write?: string;
  readonly log?: string;
  readonly aliveSet?: string;
}

/** Throws InputError. `faults` without the name of a relationship are armed in each of them. */
export function relationshipsOf(
  options: RelationshipOptions,
  faults: readonly FaultSpec[],
  dissectors: Dissectors,
): readonly RelationshipSettings[] {
  checkTlsOptions(tlsOf(options));
  const { config } = options;
  const read =
    config === undefined
      ? { relationships: fromOptions(options), faults: [] }
      : fromFile(config, options, dissectors);
  checkTlsNames(
    options,
    read.relationships.map(({ name }) => name),
  );
  return withFaults(read.relationships, [...read.faults, ...faults]);
}

function fromFile(path: string, options: RelationshipOptions, dissectors: Dissectors): ProxyConfig {
  if (options.listen.length > 0 || options.to.length > 0 || options.from !== undefined)
    throw new InputError('expected --config, or --listen and --to; not both');
  const { relationships, faults } = readProxyConfig(path, dissectors);
  const whole = (settings: RelationshipSettings): RelationshipSettings => ({
    ...filesOf(options, settings.name),
    ...tlsFor(options, settings.name),
    ...settings,
  });
  return { relationships: relationships.map(whole), faults };
}

function fromOptions(options: RelationshipOptions): readonly RelationshipSettings[] {
  const { listen, to, from } = options;
  if (listen.length === 0 || to.length !== listen.length) {
    throw new InputError(
      listen.length > 1 || to.length > 1
        ? `expected as many --to as --listen, found ${to.length} and ${listen.length}`
        : 'expected --listen ADDRESS:PORT and --to ADDRESS:PORT (leasetap help proxy)',
    );
  }
  return listen.map((where, at) => {
    const { name: given, end } = to[at] as NamedEnd;
    const alone = listen.length === 1 && given === undefined;
    const name = given ?? (alone ? UNNAMED : `r${at + 1}`);
    return checkedSettings({
      name,
      listen: where,
      to: end,
      enabled: true,
      faults: [],
      ...(from === undefined ? {} : { from }),
      ...filesOf(options, name),
      ...tlsFor(options, name),
    });
  });
}

function tlsFor(options: RelationshipOptions, name: string): Pick<RelationshipSettings, 'tls'> {
  const tls = tlsOf(options, name);
  checkTlsOptions(tls);
  return tls === undefined ? {} : { tls };
}

/** One file each: `tap.pcapng` becomes `tap-campus.pcapng`. */
function filesOf({ write, log, aliveSet }: RelationshipOptions, name: string): Partial<RelationshipSettings> {
  const own = (path: string): string => (name === UNNAMED ? path : withSuffix(path, name));
  return {
    ...(write === undefined ? {} : { write: own(write) }),
    ...(log === undefined ? {} : { log: own(log) }),
    ...(aliveSet === undefined ? {} : { aliveSet }),
  };
}

/** `tap.pcapng` with `campus` is `tap-campus.pcapng`. */
export function withSuffix(path: string, suffix: string | number): string {
  const { dir, name, ext } = parse(path);
  return join(dir, `${name}-${suffix}${ext}`);
}

function withFaults(
  relationships: readonly RelationshipSettings[],
  faults: readonly FaultSpec[],
): readonly RelationshipSettings[] {
  const names = relationships.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new InputError(`there are two relationships "${twice}"`);
  for (const { relationship } of faults) {
    if (relationship !== undefined && !names.includes(relationship))
      throw new InputError(`a fault names the relationship "${relationship}", expected ${names.join(', ')}`);
  }
  return relationships.map((settings) => ({
    ...settings,
    faults: [
      ...settings.faults,
      ...faults.filter(({ relationship }) => relationship === undefined || relationship === settings.name),
    ],
  }));
}

/** What is the same for all relationships of a process. */
export interface Common {
  readonly dissectors: Dissectors;
  readonly seed: number;
  readonly version: string;
  readonly connectionsMax: number;
  readonly rotation?: Rotation;
  /** Of relationships that say nothing about it. */
  readonly tls?: 'pass' | TlsPaths;
  /** Whether messages are judged by RFC 8156. */
  readonly judge: boolean;
  /** For the headers of recordings. */
  readonly scenarios: readonly string[];
  readonly tell: (line: string) => void;
}

export function proxyGroup(common: Common): ProxyGroup {
  const random = seededRandom(common.seed);
  const numbering = new Numbering();
  const files = new ClaimedFiles();
  const host = new JournalHost();
  return new ProxyGroup({
    start: (settings, run) => serve(settings, run, { ...common, random, numbering, files, host }),
    checkFault: (spec) => {
      checkFault(spec, common.dissectors);
    },
    nowMillis: () => Date.now(),
  });
}

type Shared = Common & {
  readonly random: Random;
  readonly numbering: Numbering;
  readonly files: ClaimedFiles;
  /** One thread for all of them. */
  readonly host: JournalHost;
};

/** Rejects with InputError. */
async function serve(settings: RelationshipSettings, run: number, shared: Shared): Promise<Serving> {
  const { name, aliveSet, to } = settings;
  const { tell } = shared;
  const place = aliveSet === undefined ? undefined : parseAliveSet(aliveSet);
  const options = sessionOptions(settings, run, shared);
  const giveBack = await shared.files.claim(name, [options.record?.path, options.logPath]);
  const session = await ProxySession.start(options).catch((error: unknown) => {
    giveBack();
    throw new InputError(failureText(error));
  });
  const which = name === UNNAMED ? '' : `${name}: `;
  tell(
    `${which}listening on ${formatSocketAddress(session.listening)}, the secondary is ${formatSocketAddress(to)}`,
  );
  for (const { id, sentence } of session.listFaults()) tell(`${which}${id} ${sentence}`);
  if (place === undefined) return withEnd(session, async () => undefined, giveBack);
  try {
    const stopSigns = await keepAlive(place, to.address, (text) => tell(`leasetap: ${which}${text}`));
    return withEnd(session, stopSigns, giveBack);
  } catch (error) {
    await session.close();
    giveBack();
    throw error;
  }
}

/** The sign of life ends before the proxy does; its files are free behind it. */
function withEnd(session: ProxySession, before: () => Promise<void>, after: () => void): Serving {
  return {
    listening: session.listening,
    subscribe: (listener) => session.subscribe(listener),
    armFault: (spec) => session.armFault(spec),
    checkFault: (spec) => session.checkFault(spec),
    removeFault: (id) => session.removeFault(id),
    listFaults: () => session.listFaults(),
    release: (id, order) => session.release(id, order),
    step: (id) => session.step(id),
    stats: () => session.stats(),
    close: async () => {
      await before();
      await session.close();
      after();
    },
  };
}

function sessionOptions(settings: RelationshipSettings, run: number, shared: Shared): ProxyOptions {
  const { name, listen, to, from, faults, write, log } = settings;
  const { dissectors, random, numbering, connectionsMax, rotation, tell, judge, host } = shared;
  const tls = terminationFor(settings.tls ?? shared.tls ?? 'pass');
  const again = (path: string): string => (run === 1 ? path : withSuffix(path, run));
  return {
    listen,
    dial: to,
    faults,
    dissectors,
    random,
    numbering,
    connectionsMax,
    onFileError: (path, error) => tell(`leasetap: ${path}: ${systemErrorWords(error)}; relaying goes on`),
    ...(name === UNNAMED ? {} : { relationship: name }),
    ...(from === undefined ? {} : { from }),
    ...(write === undefined ? {} : { record: { path: again(write), header: headerOf(settings, shared) } }),
    ...(log === undefined ? {} : { logPath: again(log) }),
    ...(rotation === undefined ? {} : { rotation }),
    ...(tls === undefined ? {} : { tls }),
    host,
    judge,
  };
}

function headerOf(
  { name, listen, to, faults }: RelationshipSettings,
  { version, seed, scenarios }: Common,
): { readonly application: string; readonly comments: readonly string[] } {
  return {
    application: `leasetap ${version}`,
    comments: [
      ...(name === UNNAMED ? [] : [`relationship ${name}`]),
      `primary at ${formatSocketAddress(listen)}, secondary at ${formatSocketAddress(to)}, seed ${seed}`,
      ...scenarios.map((path) => `scenario ${path}`),
      ...faults.map((fault) => `fault ${describe(fault)}`),
    ],
  };
}
