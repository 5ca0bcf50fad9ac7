/** Counts what a proxy does: octets, connections, messages by type and verdict, announced states. */
import type { Direction } from '../base/flow.ts';
import type { ProxyEvent, ProxyStats } from './events.ts';

/** Names of messages that no dissector knows are counted under their number; at most this many different keys. */
const MESSAGE_KEYS_MAX = 1024;

export class Tally {
  private readonly received: [number, number] = [0, 0];
  private readonly sent: [number, number] = [0, 0];
  private readonly messages = new Map<string, number>();
  private open = 0;
  private total = 0;
  private refused = 0;

  octets(direction: Direction, received: number, sent: number): void {
    this.received[direction] += received;
    this.sent[direction] += sent;
  }

  event(event: ProxyEvent): void {
    if (event.kind === 'message') this.message(event);
    else if (event.kind === 'connection-up') {
      this.open++;
      this.total++;
    } else if (event.kind === 'connection-down') this.open--;
    else if (event.kind === 'connection-refused') this.refused++;
  }

  stats(states: ProxyStats['states']): ProxyStats {
    return {
      connectionsOpen: this.open,
      connectionsTotal: this.total,
      connectionsRefused: this.refused,
      octetsReceived: [...this.received],
      octetsSent: [...this.sent],
      messages: Object.fromEntries(this.messages),
      states,
    };
  }

  private message({ message, verdict }: ProxyEvent & { kind: 'message' }): void {
    const direction = message.frame.direction === 0 ? 'p>s' : 's>p';
    const key = `${direction} ${message.msgName ?? message.msgType} ${verdict}`;
    const count = this.messages.get(key);
    if (count !== undefined || this.messages.size < MESSAGE_KEYS_MAX)
      this.messages.set(key, (count ?? 0) + 1);
  }
}
