/**
 * Values that leave in the order in which they came, each once its token is stored. Memory is kept for the next ones: an
 * array that is emptied and filled again at every message costs more than what is in it.
 */

/** Places that are kept while nothing is held, and that may stand empty at the front while something is. */
const PLACES = 1024;

export class Held<T> {
  private values: (T | undefined)[] = [];
  private tokens: number[] = [];
  private head = 0;
  private tail = 0;

  get size(): number {
    return this.tail - this.head;
  }

  put(value: T, token: number): void {
    this.values[this.tail] = value;
    this.tokens[this.tail] = token;
    this.tail++;
  }

  /** Whether there is a first value and it may leave when everything up to `stored` is stored. */
  mayLeave(stored: number): boolean {
    return this.head < this.tail && (this.tokens[this.head] as number) <= stored;
  }

  /** Takes the first value, which must be there. */
  take(): T {
    const value = this.values[this.head] as T;
    this.values[this.head++] = undefined;
    if (this.head === this.tail) this.clear();
    else if (this.head >= PLACES && 2 * this.head >= this.tail) this.moveUp();
    return value;
  }

  clear(): void {
    if (this.values.length > PLACES) {
      this.values = [];
      this.tokens = [];
    } else for (; this.head < this.tail; this.head++) this.values[this.head] = undefined;
    this.head = 0;
    this.tail = 0;
  }

  private moveUp(): void {
    this.values = this.values.slice(this.head, this.tail);
    this.tokens = this.tokens.slice(this.head, this.tail);
    this.tail -= this.head;
    this.head = 0;
  }
}
