/**
 * A map that remembers about its newest entries: between half of its limit and all of it. Two generations instead of
 * an order: forgetting one entry at a time from a Map costs a walk over all that were deleted before it.
 */
export class RecentMap<K, V> {
  private readonly half: number;
  private young = new Map<K, V>();
  private old = new Map<K, V>();

  /** `limit`: entries at most, at least 2. */
  constructor(limit: number) {
    this.half = Math.max(1, Math.floor(limit / 2));
  }

  get size(): number {
    return this.young.size + this.old.size;
  }

  get(key: K): V | undefined {
    return this.young.get(key) ?? this.old.get(key);
  }

  set(key: K, value: V): void {
    this.old.delete(key);
    if (this.young.size >= this.half && !this.young.has(key)) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(key, value);
  }

  delete(key: K): boolean {
    return this.young.delete(key) || this.old.delete(key);
  }

  /** Values, roughly the oldest first. */
  *values(): IterableIterator<V> {
    yield* this.old.values();
    yield* this.young.values();
  }
}
