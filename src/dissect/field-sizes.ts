/** Which field types take how many octets: the one place that says it. */
import type { FieldType } from './definition.ts';

/** Octets of types that always take the same number. Others take all that is left, or delimit themselves. */
export const SIZES: Readonly<Partial<Record<FieldType, number>>> = {
  u8: 1,
  u16: 2,
  u24: 3,
  u32: 4,
  'time-2000': 4,
  'time-1970': 4,
  ipv4: 4,
  'ipv4-reversed': 4,
  ipv6: 16,
  preference: 2,
};

/** Types whose own first octets say how many there are. */
export const SELF_DELIMITING: readonly FieldType[] = [
  'short-prefix',
  'counted-bytes',
  'counted-text',
  'short-text',
];
