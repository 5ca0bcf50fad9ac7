/** The status code of a reply without reading anything else of it: a walk over the option headers alone. */
import { readU16 } from '../base/bytes.ts';
import { STATUS_SUCCESS } from '../dissect/vocabulary.ts';

const STATUS_CODE = 13;
const DEPTH_MAX = 8;

/** By code of an encapsulating option: octets before its options. */
const FIXED_OCTETS: ReadonlyMap<number, number> = new Map([
  [3, 12],
  [4, 4],
  [5, 24],
  [25, 12],
  [26, 25],
  [45, 0],
]);

/** The first status code in `bytes[from, end)`, at any level, that is not Success; Success if there is none. */
export function worstStatus(bytes: Uint8Array, from: number, end: number, depth = 0): number {
  for (let at = from; at + 4 <= end; ) {
    const code = readU16(bytes, at);
    const stop = at + 4 + readU16(bytes, at + 2);
    if (stop > end) break;
    if (code === STATUS_CODE) {
      const status = at + 6 <= stop ? readU16(bytes, at + 4) : STATUS_SUCCESS;
      if (status !== STATUS_SUCCESS) return status;
    } else if (code <= 45 && depth < DEPTH_MAX) {
      const fixed = FIXED_OCTETS.get(code);
      const inside =
        fixed === undefined ? STATUS_SUCCESS : worstStatus(bytes, at + 4 + fixed, stop, depth + 1);
      if (inside !== STATUS_SUCCESS) return inside;
    }
    at = stop;
  }
  return STATUS_SUCCESS;
}
