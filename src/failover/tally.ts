/** Counts the messages of one endpoint by type, since the server started. What they say is counted by nobody. */

type Counts = Record<string, number>;

export class Tally {
  /** By message type. */
  readonly sent: Counts = {};
  /** By message type; what no RFC names is `unknown`. */
  readonly received: Counts = {};

  countSent(type: string): void {
    this.sent[type] = (this.sent[type] ?? 0) + 1;
  }

  countReceived(type: string): void {
    this.received[type] = (this.received[type] ?? 0) + 1;
  }
}
