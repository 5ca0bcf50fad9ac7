/** Counts what a proxy does: octets, connections, messages by type and verdict, announced states. */
import type { Direction } from '../base/flow.ts';
import type { ProxyEvent, ProxyStats, Verdict } from './events.ts';

/** Names of messages that no dissector knows are counted under their number; at most this many different keys. */
const MESSAGE_KEYS_MAX = 1024;

export class Tally {
  private readonly received: [number, number] = [0, 0];
  private readonly sent: [number, number] = [0, 0];
  private readonly messages: readonly [Counts, Counts] = [noCounts(), noCounts()];
  private readonly records = new Map<string, number>();
  private readonly handshakes = new Map<string, number>();
  private open = 0;
  private total = 0;
  private refused = 0;

  octets(direction: Direction, received: number, sent: number): void {
    this.received[direction] += received;
    this.sent[direction] += sent;
  }

  tlsRecords(direction: Direction, types: readonly string[]): void {
    for (const type of types) {
      const key = `${direction === 0 ? 'p>s' : 's>p'} ${type}`;
      countUp(this.records, key);
    }
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
      messages: Object.fromEntries(named(this.messages)),
      states,
    };
  }

  private message({ message, verdict }: ProxyEvent & { kind: 'message' }): void {
    const counts = this.messages[message.frame.direction][verdict];
    const key = message.msgName ?? message.msgType;
    const count = counts.get(key);
    if (count !== undefined || counts.size < MESSAGE_KEYS_MAX) counts.set(key, (count ?? 0) + 1);
  }
}

function countUp(counts: Map<string, number>, key: string): void {
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

/** `p>s BNDUPD forwarded` and how often. */
function* named(messages: readonly [Counts, Counts]): Generator<readonly [string, number]> {
  for (const [index, direction] of ['p>s', 's>p'].entries()) {
    for (const [verdict, counts] of Object.entries(messages[index] as Counts)) {
      for (const [name, count] of counts) yield [`${direction} ${name} ${verdict}`, count];
    }
  }
}
