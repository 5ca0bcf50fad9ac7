/**
 * Goal: every fault does to a live pair what it says: two real servers with stores and clients, a real proxy between them.
 * Its effect is seen where it hurts, at the servers, and its trace in the events, the log and the recording.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/clock.ts';
import type { SocketAddress } from '../../src/base/socket-address.ts';
import { loadDissectors } from '../../src/dissect/load.ts';
import type { ProxyEvent } from '../../src/proxy/events.ts';
import { FAULT_KINDS } from '../../src/proxy/faults/kinds.ts';
import { parseFault } from '../../src/proxy/faults/short-form.ts';
import { ProxySession } from '../../src/proxy/relay.ts';
import { bothNormal, configOf, serveClients, startServer, stateOf, type Told } from '../server/pair.ts';
import { secured } from '../server/secured.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/process.ts';

const dissectors = loadDissectors();

interface Live {
  readonly primary: Told;
  readonly secondary: Told;
  readonly proxy: ProxySession;
  readonly events: ProxyEvent[];
}

interface Case {
  /** Armed in this order; the last one is the one that is looked for. */
  readonly faults: readonly string[];
  /** Brings what the fault waits for; clients that want leases unless said. */
  readonly cause?: (live: Live) => void;
  /** What is seen of it at the servers, or on the way where servers see nothing. */
  readonly effect: (live: Live) => boolean;
  /** Does something once the effect was seen, and waits for what follows. */
  readonly afterwards?: (live: Live) => Promise<void>;
  /** The fault is armed before the servers meet, and they talk TLS. */
  readonly tls?: true;
}

/** Updates that a server has sent and that are not acknowledged. */
function unacked({ server }: Told): number {
  return server.endpoints[0]?.endpoint.explain().updatesUnacked ?? 0;
}

function said({ news }: Told, pattern: RegExp): boolean {
  return news.some((one) => (one.kind === 'note' ? pattern.test(one.text) : false));
}

const verdicts = ({ events }: Live, verdict: string): number =>
  events.filter((event) => event.kind === 'message' && event.verdict === verdict).length;

const ended = (told: Told, why = ''): boolean => said(told, new RegExp(`^connection ended: .*${why}`));

/** Everything that was sent has been acknowledged, and something was. */
const settled = (live: Live): boolean =>
  unacked(live.primary) + unacked(live.secondary) === 0 &&
  live.events.some((event) => event.kind === 'message' && event.message.msgName === 'BNDREPLY');

/** Whether the two have ever come to talk. */
const meet = ({ primary }: Live): boolean => said(primary, /connection established/);

const refusedTls = ({ secondary }: Live): boolean =>
  secondary.news.some((one) => one.kind === 'refused' && one.why.startsWith('TLS'));

/** The pair comes to NORMAL as soon as the fault is gone. */
async function heals(live: Live): Promise<void> {
  expect(meet(live)).toBe(false);
  live.proxy.removeFault('TRACED');
  await bothNormal(live);
}

const acksAreMissing = ({ primary }: Live): boolean => unacked(primary) > 0;
const nothing = (): void => undefined;

const CASES: Readonly<Record<string, Case>> = {
  drop: { faults: ['drop s>p BNDREPLY'], effect: acksAreMissing },
  delay: {
    faults: ['delay s>p BNDREPLY 800ms'],
    effect: acksAreMissing,
    afterwards: (live) =>
      eventually('late acknowledgements', () => settled(live) && verdicts(live, 'late') > 0, Boolean).then(
        nothing,
      ),
  },
  hold: {
    faults: ['hold s>p BNDREPLY restamp'],
    effect: ({ primary, proxy }) => unacked(primary) > 0 && (proxy.listFaults()[0]?.heldOctets ?? 0) > 0,
    afterwards: async (live) => {
      expect(live.proxy.listFaults()[0]?.keepaliveEndsMillis).toBeGreaterThan(Date.now() - 4000);
      live.proxy.removeFault('TRACED');
      await eventually('released acknowledgements', () => settled(live), Boolean);
    },
  },
  duplicate: {
    faults: ['duplicate s>p BNDREPLY'],
    effect: ({ primary }) => said(primary, /a BNDREPLY that answers nothing/),
  },
  reorder: {
    faults: ['reorder s>p BNDREPLY 2 within 1s'],
    effect: (live) => settled(live) && verdicts(live, 'late') > 0,
  },
  edit: {
    faults: ['edit p>s BNDUPD binding-status=ABANDONED where binding-status == ACTIVE'],
    effect: ({ secondary }) =>
      [...(secondary.server.endpoints[0]?.endpoint.allLeases() ?? [])].some(
        ({ status }) => status === 'ABANDONED',
      ),
  },
  'reject-as': {
    faults: ['reject-as s>p BNDREPLY AddressInUse'],
    effect: ({ primary }) => said(primary, /the partner rejected .* \(status 16\)/),
  },
  inject: {
    faults: ['inject s>p STATE state=PARTNER-DOWN'],
    cause: nothing,
    effect: ({ primary }) => said(primary, /COMMUNICATIONS-INTERRUPTED: the partner is in PARTNER-DOWN/),
  },
  skew: {
    faults: ['skew p>s bump +9s'],
    effect: ({ secondary }) => ended(secondary, 'your clock is'),
  },
  restamp: {
    faults: ['delay p>s BNDUPD 3s', 'restamp p>s'],
    effect: (live) => settled(live) && verdicts(live, 'changed') > 0,
  },
  corrupt: { faults: ['corrupt p>s BNDUPD 1 at=0'], effect: acksAreMissing },
  truncate: {
    faults: ['truncate p>s BNDUPD 12'],
    effect: ({ primary }) => said(primary, /the partner rejected/),
  },
  'lie-length': {
    faults: ['lie-length s>p BNDREPLY +40 times 1'],
    effect: ({ primary }) => said(primary, /option-len|rejected|connection ended|BNDREPLY/),
  },
  split: { faults: ['split s>p BNDREPLY 1,3,9 gap 30ms'], effect: settled },
  coalesce: {
    faults: ['coalesce p>s BNDUPD 3 within 1s'],
    effect: (live) => settled(live) && verdicts(live, 'late') > 0,
  },
  throttle: { faults: ['throttle s>p 300'], effect: (live) => settled(live) && verdicts(live, 'late') > 0 },
  stall: {
    faults: ['stall s>p'],
    cause: nothing,
    effect: ({ primary }) => ended(primary, 'nothing received for 4 s'),
  },
  'half-close': { faults: ['half-close s>p'], cause: nothing, effect: ({ primary }) => ended(primary) },
  'half-open': {
    faults: ['half-open p>s'],
    cause: nothing,
    effect: ({ primary, secondary }) => ended(secondary) && !ended(primary),
  },
  reset: {
    faults: ['reset'],
    cause: nothing,
    effect: ({ primary, secondary }) => ended(primary) && ended(secondary),
  },
  refuse: {
    faults: ['reset', 'refuse'],
    cause: nothing,
    effect: ({ primary, events }) =>
      stateOf(primary) === 'COMMUNICATIONS-INTERRUPTED' &&
      events.some(({ kind }) => kind === 'connection-refused'),
  },
  partition: {
    faults: ['partition'],
    cause: nothing,
    effect: ({ primary, secondary }) =>
      [primary, secondary].every((one) => stateOf(one) === 'COMMUNICATIONS-INTERRUPTED'),
  },
  'refuse-starttls': {
    tls: true,
    faults: ['refuse-starttls s>p'],
    effect: (live) => verdicts(live, 'changed') > 1 && !meet(live),
    afterwards: heals,
  },
  'break-tls': {
    tls: true,
    faults: ['break-tls s>p corrupt'],
    effect: (live) => refusedTls(live) && !meet(live),
    afterwards: heals,
  },
};

/** While these last nothing is read, or nobody is connected: there is no packet that could say so. */
const UNSEEN: readonly string[] = ['refuse', 'partition', 'stall'];

/** What a certificate or its absence does needs a proxy that ends TLS: test/proxy/tls. */
const ELSEWHERE = /certificate/;

async function live(folder: string, { tls }: Case): Promise<Live> {
  const config = tls ? secured : configOf;
  const secondary = await startServer(config('secondary', folder, 0));
  const events: ProxyEvent[] = [];
  const proxy = await ProxySession.start({
    listen: { address: '::1', port: 0 },
    dial: secondary.server.listening.failover[0] as SocketAddress,
    random: seededRandom(1),
    dissectors,
    record: { path: join(folder, 'tap.pcapng'), header: { application: 'leasetap test', comments: [] } },
    logPath: join(folder, 'tap.jsonl'),
  });
  proxy.subscribe((event) => events.push(event));
  const primary = await startServer(config('primary', folder, proxy.listening.port));
  return { primary, secondary, proxy, events };
}

async function play(kind: string): Promise<void> {
  const one = CASES[kind] as Case;
  const folder = temporaryFolder();
  const pair = await live(folder, one);
  const arm = (): void => {
    one.faults.forEach((text, index) => {
      const traced = index === one.faults.length - 1;
      pair.proxy.armFault({ ...parseFault(text), seed: 9, ...(traced && { id: 'TRACED' }) });
    });
  };
  if (one.tls) arm();
  else {
    await bothNormal(pair);
    arm();
    if (one.cause === undefined) await serveClients([pair.primary, pair.secondary], 4);
    else one.cause(pair);
  }
  const wasHit = (): boolean =>
    pair.events.some((event) => event.kind === 'fault-hit' && event.hit.fault === 'TRACED');
  await eventually(`${kind}: its effect`, () => wasHit() && one.effect(pair), Boolean, 25_000);
  await one.afterwards?.(pair);
  for (const { id } of pair.proxy.listFaults()) pair.proxy.removeFault(id);
  await pair.proxy.close();

  const hit = pair.events.find((event) => event.kind === 'fault-hit' && event.hit.fault === 'TRACED');
  expect(hit, kind).toMatchObject({ hit: { action: kind, count: 1, seed: 9 } });
  const log = readFileSync(join(folder, 'tap.jsonl'), 'utf8').trimEnd().split('\n');
  expect(log.map((line) => JSON.parse(line) as object)).toContainEqual(
    expect.objectContaining({ event: 'fault-hit', fault: 'TRACED', action: kind }),
  );
  if (UNSEEN.includes(kind)) return;
  expect(readFileSync(join(folder, 'tap.pcapng'), 'latin1'), kind).toContain(
    `TRACED ${kind} (hit 1, seed 9)`,
  );
}

describe('every fault on a live pair', () => {
  const kinds = Object.keys(CASES);

  it('has a case', () => {
    const expected = FAULT_KINDS.map(({ name }) => name).filter((name) => !ELSEWHERE.test(name));
    expect([...kinds].sort()).toEqual(expected.sort());
  });

  // Most of their time they wait: a few at the same time.
  const groups = Array.from({ length: Math.ceil(kinds.length / 6) }, (_, index) =>
    kinds.slice(6 * index, 6 * index + 6),
  );
  it.each(groups.map((group) => [group.join(', '), group] as const))(
    '%s',
    async (_, group) => {
      await Promise.all(group.map(play));
    },
    60_000,
  );
});
