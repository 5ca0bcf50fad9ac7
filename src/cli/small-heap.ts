/** Memory for work that keeps little and throws away much: without this most of it would be what nobody needs any more. */
import { setFlagsFromString } from 'node:v8';

/** To be called before the work begins; it takes up to a fifth more processor time and half of the memory. */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=30');
}
