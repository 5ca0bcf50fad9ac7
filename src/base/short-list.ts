/** Lists that mostly have one item: an array that is made with it takes a fraction of the room of one that begins empty. */

/** `list` with `item` at its end: the same array, unless it was empty. */
export function added<T>(list: T[], item: T): T[] {
  if (list.length === 0) return [item];
  list.push(item);
  return list;
}
