/**
 * Every slot of an endpoint, found by its address or prefix and walked through in the order in which they came. A hash
 * table of numbers, because a Map would want a text of each address that is looked up, and twice the memory.
 */
import { readU32 } from '../base/bytes.ts';
import { type Resource, sameResource } from './lease.ts';
import type { Slot } from './slot.ts';

const SIZE_AT_FIRST = 64;
/** A place is two numbers: the hash of a slot, and which slot it is, counted from 1; 0: the place is free. */
const PLACE = 2;

export class SlotTable {
  private readonly slots: Slot[] = [];
  /** A power of two of places, at most half of them taken. */
  private places = new Int32Array(PLACE * SIZE_AT_FIRST);

  /** Every slot, the oldest first; may be walked while others are added. */
  all(): IterableIterator<Slot> {
    return this.slots.values();
  }

  at(resource: Resource): Slot | undefined {
    const { slots, places } = this;
    const hash = hashOf(resource);
    const mask = places.length - 1;
    for (let at = (hash << 1) & mask; places[at + 1] !== 0; at = (at + PLACE) & mask) {
      if (places[at] !== hash) continue;
      const slot = slots[(places[at + 1] as number) - 1] as Slot;
      if (sameResource(slot.lease, resource)) return slot;
    }
    return undefined;
  }

  /** Adds a slot whose address or prefix has none yet. */
  add(slot: Slot): void {
    this.slots.push(slot);
    if (2 * PLACE * this.slots.length > this.places.length) this.grow();
    this.enter(hashOf(slot.lease), this.slots.length);
  }

  private grow(): void {
    const before = this.places;
    this.places = new Int32Array(2 * before.length);
    for (let at = 0; at < before.length; at += PLACE) {
      const number = before[at + 1] as number;
      if (number !== 0) this.enter(before[at] as number, number);
    }
  }

  private enter(hash: number, number: number): void {
    const { places } = this;
    const mask = places.length - 1;
    let at = (hash << 1) & mask;
    while (places[at + 1] !== 0) at = (at + PLACE) & mask;
    places[at] = hash;
    places[at + 1] = number;
  }
}

/** 32 bits, of which the last depend on all of the address. */
function hashOf({ kind, address, prefixLength }: Resource): number {
  let hash = kind === 'address' ? -1 : prefixLength;
  for (let at = 0; at < 16; at += 4) {
    hash = Math.imul(hash ^ readU32(address, at), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash;
}
