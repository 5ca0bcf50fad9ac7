/**
 * Two endpoints in memory, with a network and stable storage between them that tests hold in their hands. Every message
 * that crosses is written down as "who > TYPE", so that a test reads like the RFC's figures.
 */
import { DEFAULTS, type EndpointConfig, type Pool } from '../../src/failover/config.ts';
import { Endpoint } from '../../src/failover/endpoint.ts';
import type { EndpointRecord, Input, Note, Output, StoreRecord } from '../../src/failover/io.ts';
import { type Lease, resourceKey } from '../../src/failover/lease.ts';
import { STATE_CODES } from '../../src/failover/state.ts';
import { decodeFailoverMessage } from '../../src/wire/failover.ts';
import { FrameSplitter } from '../../src/wire/framing.ts';
import type { FailoverMessage } from '../../src/wire/messages.ts';
import { addressOf } from './samples.ts';

export type Side = 'primary' | 'secondary';
const SIDES = ['primary', 'secondary'] as const;

/** 2026-01-01T00:00:00Z; absolute 820540800. */
export const START = 1_767_225_600_000;

/** 256 addresses and sixteen /56. */
export const POOLS: readonly Pool[] = [
  { kind: 'address', first: addressOf('2001:db8::'), last: addressOf('2001:db8::ff') },
  { kind: 'prefix', prefix: { address: addressOf('2001:db8:100::'), length: 52 }, delegatedLength: 56 },
];

export function configOf(role: Side, more: Partial<EndpointConfig> = {}): EndpointConfig {
  return { ...DEFAULTS, role, pools: POOLS, ...more };
}

interface Ends {
  endpoint: Endpoint<string>;
  /** What is on the disk. */
  record: EndpointRecord | undefined;
  readonly leases: Map<string, Lease>;
  /** Octets on their way to this side. */
  inbox: Uint8Array[];
  connected: boolean;
  /** The process is not running. */
  dead: boolean;
  readonly config: EndpointConfig;
}

interface Unstored {
  readonly side: Side;
  readonly token: number;
  readonly records: readonly StoreRecord[];
}

export class Pair {
  now = START;
  readonly log: string[] = [];
  readonly notes: (Note & { readonly side: Side })[] = [];
  readonly alarms: string[] = [];
  readonly replies: string[] = [];
  readonly messages: { readonly from: Side; readonly message: FailoverMessage }[] = [];
  /** How far clocks are ahead, in milliseconds. */
  readonly ahead: Record<Side, number> = { primary: 0, secondary: 0 };
  /** Whether connections can be made. */
  reachable = true;
  /** Whether the disks finish what they are given. */
  disks = true;
  /** Messages of these kinds are lost on the way. */
  drop: (from: Side, message: FailoverMessage) => boolean = () => false;
  private readonly ends: Record<Side, Ends>;
  private unstored: Unstored[] = [];
  private wantsConnection = false;

  constructor(primary: Partial<EndpointConfig> = {}, secondary: Partial<EndpointConfig> = primary) {
    this.ends = {
      primary: this.newEnds(configOf('primary', primary)),
      secondary: this.newEnds(configOf('secondary', secondary)),
    };
  }

  endpoint(side: Side): Endpoint<string> {
    return this.ends[side].endpoint;
  }

  record(side: Side): EndpointRecord | undefined {
    return this.ends[side].record;
  }

  /** `primary NORMAL, secondary NORMAL` */
  get states(): string {
    return `primary ${this.endpoint('primary').state}, secondary ${this.endpoint('secondary').state}`;
  }

  /** Forgets what was logged, and returns it. */
  takeLog(): string[] {
    return this.log.splice(0);
  }

  /** Gives an input to one side and lets everything that follows from it happen. */
  input(side: Side, input: Input<string>): void {
    this.feed(side, input);
    this.settle();
  }

  /** Lets time pass, deadline by deadline. */
  advance(seconds: number): void {
    const end = this.now + seconds * 1000;
    for (;;) {
      const next = Math.min(...SIDES.map((side) => this.deadline(side)));
      if (next > end) break;
      this.now = Math.max(this.now, next);
      this.tick();
    }
    this.now = end;
    this.tick();
  }

  /** Starts both. */
  start(): void {
    this.tick();
  }

  /** Cuts the connection; both ends notice. */
  cut(why = 'cut'): void {
    for (const side of SIDES) this.ends[side].inbox = [];
    for (const side of SIDES) {
      const end = this.ends[side];
      if (!end.connected) continue;
      end.connected = false;
      this.feed(side, { kind: 'closed', why });
    }
    this.settle();
  }

  /** The process dies; its partner notices. */
  kill(side: Side): void {
    this.unstored = this.unstored.filter((one) => one.side !== side);
    this.ends[side].dead = true;
    this.cut('the partner died');
  }

  /** The process (dies and) comes back with what is on its disk; `lost`: the disk is new; `more`: configured otherwise. */
  restart(side: Side, lost = false, more: Partial<EndpointConfig> = {}): void {
    const end = this.ends[side];
    this.unstored = this.unstored.filter((one) => one.side !== side);
    if (lost) {
      end.record = undefined;
      end.leases.clear();
    }
    end.connected = false;
    end.dead = false;
    end.endpoint = this.open({ ...end.config, ...more }, end.record, end.leases);
    this.cut('the partner restarted');
    this.feed(side, { kind: 'tick' });
    this.settle();
  }

  settle(): void {
    for (let step = 0; step < 100_000; step++) {
      const first = this.disks ? this.unstored.shift() : undefined;
      if (first !== undefined) this.store(first);
      else if (this.wantsConnection) this.connect();
      else if (!this.deliver('primary') && !this.deliver('secondary')) return;
    }
    throw new Error('the pair never comes to rest');
  }

  private tick(): void {
    for (const side of SIDES) {
      this.feed(side, { kind: 'tick' });
      this.settle();
    }
  }

  private deadline(side: Side): number {
    const { dead, endpoint } = this.ends[side];
    return dead
      ? Number.POSITIVE_INFINITY
      : (endpoint.deadline() ?? Number.POSITIVE_INFINITY) - this.ahead[side];
  }

  private newEnds(config: EndpointConfig): Ends {
    const leases = new Map<string, Lease>();
    const endpoint = this.open(config, undefined, leases);
    return { endpoint, record: undefined, leases, inbox: [], connected: false, dead: false, config };
  }

  private open(config: EndpointConfig, record: EndpointRecord | undefined, leases: Map<string, Lease>) {
    return new Endpoint<string>(
      config,
      { ...(record && { endpoint: record }), leases: [...leases.values()] },
      this.now,
    );
  }

  private store({ side, token, records }: Unstored): void {
    const end = this.ends[side];
    for (const record of records) {
      if (record.kind === 'endpoint') end.record = record.record;
      else end.leases.set(resourceKey(record.lease), record.lease);
    }
    this.feed(side, { kind: 'stored', token });
  }

  private connect(): void {
    this.wantsConnection = false;
    if (!this.reachable || this.ends.secondary.dead) {
      this.feed('primary', { kind: 'closed', why: 'unreachable' });
      return;
    }
    for (const side of ['secondary', 'primary'] as const) {
      this.ends[side].connected = true;
      this.feed(side, { kind: 'connected' });
    }
  }

  private deliver(side: Side): boolean {
    const bytes = this.ends[side].inbox.shift();
    if (bytes === undefined) return false;
    this.feed(side, { kind: 'bytes', bytes });
    return true;
  }

  private feed(side: Side, input: Input<string>): void {
    if (this.ends[side].dead) return;
    for (const output of this.ends[side].endpoint.handle(input, this.now + this.ahead[side]))
      this.carryOut(side, output);
  }

  private carryOut(side: Side, output: Output<string>): void {
    switch (output.kind) {
      case 'connect':
        this.wantsConnection = true;
        break;
      case 'send':
        if (this.ends[side].connected) this.carry(side, output.bytes);
        break;
      case 'close':
        this.closeFrom(side, output.why);
        break;
      case 'persist':
        this.unstored.push({ side, token: output.token, records: output.records });
        break;
      case 'reply':
        this.replies.push(output.reply);
        break;
      case 'alarm':
        this.alarms.push(`${side}: ${output.text}`);
        break;
      case 'note':
        this.notes.push({ ...output, side });
        if (output.event === 'transition') this.log.push(`${side} ${output.to}`);
        break;
      case 'done':
        this.log.push(`${side} done`);
        break;
    }
  }

  private closeFrom(side: Side, why: string): void {
    const other: Side = side === 'primary' ? 'secondary' : 'primary';
    this.ends[side].connected = false;
    // What was sent arrives before the end of the connection.
    while (this.deliver(other));
    if (!this.ends[other].connected) return;
    this.ends[other].connected = false;
    this.feed(other, { kind: 'closed', why });
  }

  private carry(from: Side, bytes: Uint8Array): void {
    const to: Side = from === 'primary' ? 'secondary' : 'primary';
    new FrameSplitter().push(bytes, (octets, start, end) => {
      const { message, problems } = decodeFailoverMessage(octets, start, end);
      if (message.type === 'unknown' || problems.length > 0)
        throw new Error(`nonsense: ${JSON.stringify(problems)}`);
      if (this.drop(from, message)) return;
      this.messages.push({ from, message });
      this.log.push(`${from} > ${nameOf(message)}`);
      const frame = new Uint8Array(2 + end - start);
      frame.set([(end - start) >> 8, (end - start) & 255]);
      frame.set(octets.subarray(start, end), 2);
      this.ends[to].inbox.push(frame);
    });
  }
}

function nameOf(message: FailoverMessage): string {
  if (message.type !== 'STATE') return message.type;
  const state = Object.entries(STATE_CODES).find(([, code]) => code === message.serverState)?.[0];
  return `STATE(${state}${((message.serverFlags ?? 0) & 2) === 0 ? '' : ', STARTUP'})`;
}
