/**
 * A second pair of eyes on what servers send: the dissectors read each message and have to find no problem in it and the
 * same values as the engine's own codecs, which were written apart from them.
 */
import type { Connection, Frame } from '../base/frame.ts';
import type { Dissectors } from '../dissect/compile.ts';
import { dissect } from '../dissect/dissect.ts';
import type { TreeNode } from '../dissect/message.ts';
import { decodeFailoverMessage } from '../wire/failover.ts';
import type { FailoverMessage, LeaseInfo } from '../wire/messages.ts';

const CONNECTION: Connection = {
  index: 0,
  protocol: 'dhcpv6-failover',
  flow: {
    id: 0,
    transport: 'tcp',
    ends: [
      { address: '2001:db8::1', port: 49152 },
      { address: '2001:db8::2', port: 647 },
    ],
  },
};
const SEEN = {
  time: { unixSeconds: 0, ticks: 0, resolution: { ticksPerSecond: 1000, digits: 3 } },
  packet: 1,
};

/** Of messages that look like others, every so many are looked at. */
const EVERY = 128;

/**
 * Which messages a run has looked at, so that looking costs it next to nothing: the first of each type and length, and
 * then every 128th, counted from where `seed` says.
 */
export class Sample {
  private readonly shapes = new Set<number>();
  private count: number;

  constructor(seed: number) {
    this.count = seed;
  }

  takes(message: Uint8Array): boolean {
    this.count++;
    const shape = message.length * 256 + (message[0] as number);
    if (this.count % EVERY !== 0 && this.shapes.has(shape)) return false;
    this.shapes.add(shape);
    return true;
  }
}

/** Says what is wrong with a message, or nothing. */
export function inspector(dissectors: Dissectors): (message: Uint8Array) => string | undefined {
  return (octets) => {
    const frame: Frame = {
      connection: CONNECTION,
      direction: 0,
      bytes: octets,
      start: 0,
      end: octets.length,
      seen: SEEN,
      streamOffset: 0,
      resync: false,
    };
    const read = dissect(dissectors, frame, 0);
    const [problem] = read.problems();
    if (problem !== undefined) return `${read.msgName}: ${problem.message}`;
    const { message } = decodeFailoverMessage(octets);
    if (message.type === 'unknown') return 'a message of an unknown type';
    const meant = [message.type, message.transactionId, ...valuesOf(message)].join(' ');
    const understood = [read.msgName, read.transactionId, ...fieldsOf(read.tree())].join(' ');
    return meant === understood ? undefined : `meant ${meant}, dissected ${understood}`;
  };
}

/** In the order of the message: statuses, states and times that failover is about. */
function valuesOf(message: FailoverMessage): number[] {
  if (message.type === 'STATE')
    return [message.serverState ?? -1, message.serverFlags ?? -1, message.startTimeOfState ?? -1].sort(
      byValue,
    );
  if (message.type !== 'BNDUPD' && message.type !== 'BNDREPLY') return [];
  const { clientData, prefixLease } = message;
  const leases =
    prefixLease === undefined ? (clientData?.ias ?? []).flatMap((ia) => ia.leases) : [prefixLease];
  return leases.flatMap(timesOf).sort(byValue);
}

function timesOf(lease: LeaseInfo): number[] {
  const { bindingStatus, startTimeOfState, stateExpirationTime, partnerLifetime, partnerLifetimeSent } =
    lease;
  const { partnerRawCltTime, expirationTime } = lease;
  return [
    bindingStatus,
    startTimeOfState,
    stateExpirationTime,
    partnerLifetime,
    partnerLifetimeSent,
    partnerRawCltTime,
    expirationTime,
  ].filter((value) => value !== undefined);
}

const FIELDS: ReadonlySet<string> = new Set([
  'server-state',
  'server-flags',
  'binding-status',
  'start-time-of-state',
  'state-expiration-time',
  'partner-lifetime',
  'partner-lifetime-sent',
  'partner-raw-clt-time',
  'expiration-time',
]);

function fieldsOf(node: TreeNode): number[] {
  const own = node.fields.filter(({ name }) => FIELDS.has(name)).map(({ value }) => Number(value));
  return [...own, ...node.children.flatMap(fieldsOf)].sort(byValue);
}

function byValue(a: number, b: number): number {
  return a - b;
}
