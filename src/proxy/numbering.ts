/**
 * Numbers for connections and messages. Relationships that share one process share one numbering, so that a view of
 * all of them can tell everything apart by its number.
 */
export class Numbering {
  private connections = 0;
  private messages = 0;

  /** 0, 1, 2, …, in order of their beginning. */
  connection(): number {
    return this.connections++;
  }

  /** 0, 1, 2, …, in order of arrival; of several messages that of the first. */
  message(count = 1): number {
    const first = this.messages;
    this.messages += count;
    return first;
  }
}
