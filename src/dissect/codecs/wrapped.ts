/** What the keys `counted` and `optional` do to a field of any type: a length in front of it, and leave to be missing. */
import { concatBytes, NO_BYTES } from '../../base/bytes.ts';
import type { FieldCodec } from '../codec.ts';
import { jsonKey } from '../codec.ts';
import { numberOctets, readNumber } from './numbers.ts';

/** The field behind one or two octets that say how long it is. */
export function countedBy(one: FieldCodec, octets: 1 | 2): FieldCodec {
  const { name } = one;
  const misfit = (start: number, end: number): string | undefined => {
    const length = end - start - octets;
    if (one.size === undefined ? length >= one.minimum : length === one.size) return undefined;
    return `length ${length} is ${one.size === undefined ? 'less than' : 'not'} ${one.size ?? one.minimum}`;
  };
  return {
    name,
    jsonLead: one.jsonLead,
    size: undefined,
    minimum: octets,
    expects: one.expects,
    extent(bytes, start, end) {
      if (start + octets > end) return -1;
      const length = octets + readNumber(bytes, start, octets);
      return start + length <= end ? length : -1;
    },
    problem(bytes, start, end) {
      const wrong = misfit(start, end);
      if (wrong !== undefined) return wrong;
      const from = start + octets;
      if (one.extent !== undefined && one.extent(bytes, from, end) !== end - from)
        return `length ${end - from} is not that of what follows`;
      return one.problem?.(bytes, from, end);
    },
    fields(bytes, start, end) {
      if (misfit(start, end) !== undefined) return [{ name, value: null, start, end }];
      return one.fields(bytes, start + octets, end);
    },
    json: (out, bytes, start, end) => one.json(out, bytes, start + octets, end),
    encode(input) {
      const inner = one.encode(input);
      const length = inner === undefined ? undefined : numberOctets(inner.length, octets);
      return inner === undefined || length === undefined ? undefined : concatBytes([length, inner]);
    },
  };
}

/** The field, or nothing at the end of the option: `null`. */
export function optionalCodec(one: FieldCodec): FieldCodec {
  const { name } = one;
  return {
    name,
    jsonLead: jsonKey(name),
    size: undefined,
    minimum: 0,
    expects: `${one.expects}, or null`,
    extent(bytes, start, end) {
      if (start === end) return 0;
      return one.size ?? (one.extent === undefined ? end - start : one.extent(bytes, start, end));
    },
    problem: (bytes, start, end) => (start === end ? undefined : one.problem?.(bytes, start, end)),
    fields(bytes, start, end) {
      return start === end ? [{ name, value: null, start, end }] : one.fields(bytes, start, end);
    },
    json(out, bytes, start, end) {
      if (start === end) out.putText('null');
      else one.json(out, bytes, start, end);
    },
    encode: (input) => (input === null ? NO_BYTES : one.encode(input)),
  };
}
