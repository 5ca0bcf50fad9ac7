/**
 * Every slot of an endpoint, found by its address or prefix and walked through in the order in which they came. A hash
 * table of numbers, because a Map would want a text of each address that is looked up, and twice the memory.
 */
import { readU32 } from '../base/bytes.ts';
import type { Resource } from './lease.ts';
import type { Slot } from './slot.ts';

const SIZE_AT_FIRST = 64;
/** A place is two numbers: the hash of a slot, and which slot it is, counted from 1; 0: the place is free. */
const PLACE = 2;
/** A key is five: kind and length, and the address. Compared here, it need not be fetched from the slot's lease. */
const KEY = 5;

export class SlotTable {
  private readonly slots: Slot[] = [];
  private keys = new Int32Array((KEY * SIZE_AT_FIRST) / 2);
  /** A power of two of places, at most half of them taken. */
  private places = new Int32Array(PLACE * SIZE_AT_FIRST);

  /** Every slot, the oldest first; may be walked while others are added. */
  all(): IterableIterator<Slot> {
    return this.slots.values();
  }

  at(resource: Resource): Slot | undefined {
    const { places } = this;
    const hash = hashOf(resource);
    const mask = places.length - 1;
    for (let at = (hash << 1) & mask; places[at + 1] !== 0; at = (at + PLACE) & mask) {
      if (places[at] !== hash) continue;
      const index = (places[at + 1] as number) - 1;
      if (this.hasKey(index, resource)) return this.slots[index];
    }
    return undefined;
  }

  /** Adds a slot whose address or prefix has none yet. */
  add(slot: Slot): void {
    const index = this.slots.push(slot) - 1;
    if (2 * PLACE * this.slots.length > this.places.length) this.grow();
    this.keys[KEY * index] = formOf(slot.lease);
    for (let word = 0; word < 4; word++) {
      this.keys[KEY * index + 1 + word] = readU32(slot.lease.address, 4 * word);
    }
    this.enter(hashOf(slot.lease), index + 1);
  }

  private hasKey(index: number, resource: Resource): boolean {
    const { keys } = this;
    const { address } = resource;
    const at = KEY * index;
    return (
      keys[at] === formOf(resource) &&
      keys[at + 4] === (readU32(address, 12) | 0) &&
      keys[at + 3] === (readU32(address, 8) | 0) &&
      keys[at + 2] === (readU32(address, 4) | 0) &&
      keys[at + 1] === (readU32(address, 0) | 0)
    );
  }

  private grow(): void {
    const before = this.places;
    this.places = new Int32Array(2 * before.length);
    for (let at = 0; at < before.length; at += PLACE) {
      const number = before[at + 1] as number;
      if (number !== 0) this.enter(before[at] as number, number);
    }
    const { keys } = this;
    this.keys = new Int32Array(2 * keys.length);
    this.keys.set(keys);
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

/** Kind and length in one number. */
function formOf({ kind, prefixLength }: Resource): number {
  return kind === 'address' ? -1 : prefixLength;
}

/** 32 bits, of which the last depend on all of the address. */
function hashOf(resource: Resource): number {
  const { address } = resource;
  let hash = formOf(resource);
  for (let at = 0; at < 16; at += 4) {
    hash = Math.imul(hash ^ readU32(address, at), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash;
}
