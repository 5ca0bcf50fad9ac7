/**
 * Small pieces of fresh memory cut from larger ones: a typed array with memory of its own costs about a microsecond, which
 * is more than filling it with a packet. A piece keeps its whole slab alive, so this is for what is written soon.
 */

const SLAB_OCTETS = 128 * 1024;
/** Larger pieces get memory of their own. */
const PIECE_OCTETS_MAX = 16 * 1024;

export class Slab {
  private memory = new ArrayBuffer(0);
  private at = 0;

  /** `octets` zeros that nobody else has. */
  take(octets: number): Uint8Array {
    if (octets > PIECE_OCTETS_MAX) return new Uint8Array(octets);
    if (this.at + octets > this.memory.byteLength) {
      this.memory = new ArrayBuffer(SLAB_OCTETS);
      this.at = 0;
    }
    const piece = new Uint8Array(this.memory, this.at, octets);
    this.at += octets;
    return piece;
  }
}
