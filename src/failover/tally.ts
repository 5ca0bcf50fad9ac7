/** Counts the messages of one endpoint by type, since the server started. What they say is counted by nobody. */

type Counts = Readonly<Record<string, number>>;

export class Tally {
  private readonly sentOf = new Map<string, number>();
  private readonly receivedOf = new Map<string, number>();

  /** By message type. */
  get sent(): Counts {
    return Object.fromEntries(this.sentOf);
  }

  /** By message type; what no RFC names is `unknown`. */
  get received(): Counts {
    return Object.fromEntries(this.receivedOf);
  }

  countSent(type: string): void {
    this.sentOf.set(type, (this.sentOf.get(type) ?? 0) + 1);
  }

  countReceived(type: string): void {
    this.receivedOf.set(type, (this.receivedOf.get(type) ?? 0) + 1);
  }
}
