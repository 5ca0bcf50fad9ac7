/**
 * Memory of batches, used again and again: fresh memory costs more than filling it. What a burst took stays for the next
 * one, for a while. And memory that is given back at once, instead of when garbage is collected. Sans-IO.
 */
/** What lay unused for so long is given back. */
export const SPARE_MILLIS = 60_000;

/** Gives memory back to the allocator at once. */
export class Freeing {
  private readonly nowhere = portToNowhere();
  private readonly memories: ArrayBuffer[] = [];

  /** Frees memory as soon as the present event is done with: until then it may be looked at. */
  later(memory: ArrayBuffer): void {
    if (this.memories.push(memory) === 1) queueMicrotask(() => this.now(this.memories.splice(0)));
  }

  now(memories: readonly ArrayBuffer[]): void {
    if (memories.length > 0) this.nowhere.postMessage(null, [...memories]);
  }
}

/** Has no other end: what is handed over to it is free. */
function portToNowhere() {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  return port1;
}

/** Memories of one size. */
export class SpareMemory {
  private readonly octets: number;
  private readonly freeing: Freeing;
  private readonly spare: ArrayBuffer[] = [];
  /** As few as this were spare since then. */
  private fewest = 0;
  private since = 0;

  constructor(octets: number, freeing: Freeing) {
    this.octets = octets;
    this.freeing = freeing;
  }

  take(): ArrayBuffer {
    const memory = this.spare.pop() ?? new ArrayBuffer(this.octets);
    this.fewest = Math.min(this.fewest, this.spare.length);
    return memory;
  }

  /** Takes memory back; `now` in milliseconds of any clock. */
  give(memories: readonly ArrayBuffer[], now: number): void {
    const [fitting, others] = [true, false].map((fits) =>
      memories.filter(({ byteLength }) => (byteLength === this.octets) === fits),
    ) as [ArrayBuffer[], ArrayBuffer[]];
    this.spare.push(...fitting);
    this.freeing.now(others);
    if (now - this.since < SPARE_MILLIS) return;
    // A little more or less is not worth it: what is given back and taken again leaves holes.
    if (this.fewest > this.spare.length / 2) this.freeing.now(this.spare.splice(0, this.fewest));
    this.fewest = this.spare.length;
    this.since = now;
  }
}
