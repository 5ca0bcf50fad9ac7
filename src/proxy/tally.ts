/** Counts what a proxy does: octets, connections, messages by type and verdict, announced states. */
import type { Direction } from '../base/flow.ts';
import type { ProtocolName } from '../base/frame.ts';
import type { Dissectors } from '../dissect/compile.ts';
import { messageOf } from '../dissect/space.ts';
import { PREFIX_OCTETS, unitOctets } from './dialect.ts';
import type { ProxyEvent, ProxyStats, Verdict } from './events.ts';
import type { MessageRun } from './journal/journal.ts';
import type { DocketReport } from './judge/report.ts';
import { DIRECTION_NAMES } from './wire-states.ts';

/** Names of messages that no dissector knows are counted under their number; at most this many different keys. */
const MESSAGE_KEYS_MAX = 1024;
/** Where messages without an octet are counted, beside the 256 types. */
const NO_TYPE = 256;

export class Tally {
  private readonly received: [number, number] = [0, 0];
  private readonly sent: [number, number] = [0, 0];
  private readonly messages: readonly [Counts, Counts] = [noCounts(), noCounts()];
  private readonly records = new Map<string, number>();
  private readonly handshakes = new Map<string, number>();
  /** By protocol and direction: messages that passed by, by type. */
  private readonly passed = new Map<ProtocolName, readonly [Float64Array, Float64Array]>();
  private readonly dissectors: Dissectors;
  private open = 0;
  private total = 0;
  private refused = 0;
  private readonly findings = new Map<string, number>();
  private notJudged = 0;

  constructor(dissectors: Dissectors) {
    this.dissectors = dissectors;
  }

  /** Messages that went onward as they came. */
  run({ connection, direction, octets, start, end }: MessageRun): void {
    const { protocol } = connection;
    let both = this.passed.get(protocol);
    if (both === undefined) {
      both = [new Float64Array(NO_TYPE + 1), new Float64Array(NO_TYPE + 1)];
      this.passed.set(protocol, both);
    }
    const counts = both[direction];
    for (let at = start; at < end; ) {
      const size = unitOctets(protocol, octets, at);
      const type = size > PREFIX_OCTETS ? (octets[at + PREFIX_OCTETS] as number) : NO_TYPE;
      counts[type] = (counts[type] as number) + 1;
      at += size;
    }
  }

  octets(direction: Direction, received: number, sent: number): void {
    this.received[direction] += received;
    this.sent[direction] += sent;
  }

  tlsRecords(direction: Direction, types: readonly string[]): void {
    for (const type of types) {
      const key = `${DIRECTION_NAMES[direction]} ${type}`;
      countUp(this.records, key);
    }
  }

  judged({ counts, notJudged }: DocketReport): void {
    for (const [key, count] of Object.entries(counts))
      this.findings.set(key, (this.findings.get(key) ?? 0) + count);
    this.notJudged += notJudged;
  }

  event(event: ProxyEvent): void {
    if (event.kind === 'message') this.message(event);
    else if (event.kind === 'connection-up') {
      this.open++;
      this.total++;
    } else if (event.kind === 'connection-down') this.open--;
    else if (event.kind === 'connection-refused') this.refused++;
    else if (event.kind === 'tls') countUp(this.handshakes, `${event.who} ${event.outcome}`);
  }

  stats(states: ProxyStats['states']): ProxyStats {
    return {
      connectionsOpen: this.open,
      connectionsTotal: this.total,
      connectionsRefused: this.refused,
      octetsReceived: [...this.received],
      octetsSent: [...this.sent],
      tlsRecords: Object.fromEntries(this.records),
      tlsHandshakes: Object.fromEntries(this.handshakes),
      messages: this.named(),
      findings: Object.fromEntries(this.findings),
      messagesNotJudged: this.notJudged,
      states,
    };
  }

  /** `p>s BNDUPD forwarded` and how often. */
  private named(): Record<string, number> {
    const sums: Record<string, number> = {};
    const add = (direction: number, name: string | number, verdict: string, count: number): void => {
      const key = `${DIRECTION_NAMES[direction]} ${name} ${verdict}`;
      sums[key] = (sums[key] ?? 0) + count;
    };
    for (const [protocol, both] of this.passed) {
      for (const [direction, counts] of both.entries()) {
        for (const [type, count] of counts.entries())
          if (count > 0) add(direction, this.nameOf(protocol, type), 'forwarded', count);
      }
    }
    for (const [direction, verdicts] of this.messages.entries()) {
      for (const [verdict, counts] of Object.entries(verdicts))
        for (const [name, count] of counts) add(direction, name, verdict, count);
    }
    return sums;
  }

  private nameOf(protocol: ProtocolName, type: number): string | number {
    const codecs = this.dissectors.protocols.get(protocol);
    if (type === NO_TYPE) return -1;
    return (codecs === undefined ? null : messageOf(codecs, type).name) ?? type;
  }

  private message({ message, verdict }: ProxyEvent & { kind: 'message' }): void {
    const counts = this.messages[message.frame.direction][verdict];
    const key = message.msgName ?? message.msgType;
    const count = counts.get(key);
    if (count !== undefined || counts.size < MESSAGE_KEYS_MAX) counts.set(key, (count ?? 0) + 1);
  }
}

export function countUp(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

type Counts = Readonly<Record<Verdict, Map<string | number, number>>>;

function noCounts(): Counts {
  return {
    forwarded: new Map(),
    changed: new Map(),
    dropped: new Map(),
    injected: new Map(),
    late: new Map(),
  };
}
