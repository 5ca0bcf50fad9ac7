/**
 * The last octets that were told, of all streams together, so that a retransmission can be compared with what it
 * repeats. References, not copies: they are dropped after some mebibytes, or they would keep every chunk alive.
 */

const SEGMENTS = 512;
const SEGMENTS_MASK = SEGMENTS - 1;
/** How far back in the capture, in octets that were read, a segment is remembered. */
export const REACH_OCTETS = 2 * 1024 * 1024;

interface Segment {
  stream: object | null;
  sequence: number;
  bytes: Uint8Array | null;
  start: number;
  end: number;
  position: number;
}

export class RecentData {
  /** Octets read so far. */
  private position = 0;
  private readonly ring: Segment[] = Array.from({ length: SEGMENTS }, () => ({
    stream: null,
    sequence: 0,
    bytes: null,
    start: 0,
    end: 0,
    position: 0,
  }));
  private head = 0;
  private tail = 0;

  /** So many more octets were read. What lies too far back is remembered no more: its memory may change from now on. */
  advance(octets: number): void {
    this.position += octets;
    this.forget();
  }

  /** `bytes[start, end)` of `stream` was told; its first octet has the number `sequence`. */
  remember(stream: object, sequence: number, bytes: Uint8Array, start: number, end: number): void {
    const segment = this.ring[this.head++ & SEGMENTS_MASK] as Segment;
    segment.stream = stream;
    segment.sequence = sequence;
    segment.bytes = bytes;
    segment.start = start;
    segment.end = end;
    segment.position = this.position;
    if (this.head - this.tail > SEGMENTS) this.tail++;
  }

  /** How many octets of the repeated `bytes[start, end)` differ from the remembered ones. */
  differences(stream: object, sequence: number, bytes: Uint8Array, start: number, end: number): number {
    this.forget();
    let count = 0;
    for (let index = this.tail; index < this.head; index++) {
      const segment = this.ring[index & SEGMENTS_MASK] as Segment;
      if (segment.stream !== stream || segment.bytes === null) continue;
      const shift = (sequence - segment.sequence) | 0;
      const from = Math.max(start, start - shift);
      const to = Math.min(end, start - shift + segment.end - segment.start);
      for (let at = from; at < to; at++) {
        if (bytes[at] !== segment.bytes[segment.start + shift + at - start]) count++;
      }
    }
    return count;
  }

  private forget(): void {
    const oldest = this.position - REACH_OCTETS;
    while (this.tail < this.head) {
      const segment = this.ring[this.tail & SEGMENTS_MASK] as Segment;
      if (segment.position >= oldest) return;
      segment.bytes = null;
      segment.stream = null;
      this.tail++;
    }
  }
}
