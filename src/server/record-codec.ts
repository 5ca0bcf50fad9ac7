/**
 * Compact octets for the records of a store: a table of fields, a bit for each that is there, then their values. A
 * table may grow at its end and old records stay readable; it says what a record means, lease-record.ts has the tables.
 */
import { Reader } from '../wire/reader.ts';
import { Writer } from '../wire/writer.ts';

/** How one value is written and read; `read` throws RecordError where the octets cannot be that value. */
export interface ValueCodec<T> {
  write(to: Writer, value: T): void;
  read(from: Reader): T;
}

/** A codec for every field of `T`, in the order of the record. New fields go to the end, and are optional. */
export type FieldCodecs<T> = { readonly [K in keyof Required<T>]: ValueCodec<Exclude<T[K], undefined>> };

/** Stored octets that are not what we write: another program's, a newer version's, or damaged. */
export class RecordError extends Error {
  override readonly name = 'RecordError';
}

export const u8: ValueCodec<number> = {
  write: (to, value) => to.u8(value),
  read: (from) => need(from, 1).u8(),
};

export const u32: ValueCodec<number> = {
  write: (to, value) => to.u32(value),
  read: (from) => need(from, 4).u32(),
};

export const boolean: ValueCodec<boolean> = {
  write: (to, value) => to.u8(value ? 1 : 0),
  read: (from) => need(from, 1).u8() !== 0,
};

/** Exactly `length` octets. */
export function fixed(length: number): ValueCodec<Uint8Array> {
  return { write: (to, value) => to.octets(value), read: (from) => need(from, length).take(length) };
}

/** Up to 65535 octets. */
export const octets: ValueCodec<Uint8Array> = {
  write: (to, value) => {
    const mark = to.beginLength();
    to.octets(value);
    to.endLength(mark);
  },
  read: (from) => {
    const length = need(from, 2).u16();
    return need(from, length).take(length);
  },
};

/** A name, as one octet: its number in `codes`. */
export function named<N extends string>(codes: Readonly<Record<N, number>>): ValueCodec<N> {
  const names = new Map(Object.entries<number>(codes).map(([name, code]) => [code, name as N]));
  return {
    write: (to, value) => to.u8(codes[value]),
    read: (from) => {
      const code = need(from, 1).u8();
      const name = names.get(code);
      if (name === undefined) throw new RecordError(`${code} is none of ${Object.keys(codes).join(', ')}`);
      return name;
    },
  };
}

/** A record of these fields: how many the writer knew, a bit for each (1: there), then the values. */
export function record<T extends object>(fields: FieldCodecs<T>): ValueCodec<T> {
  const table = Object.entries(fields) as unknown as readonly (readonly [keyof T, ValueCodec<unknown>])[];
  return {
    write: (to, value) => {
      to.u8(table.length);
      for (let first = 0; first < table.length; first += 8) {
        let bits = 0;
        for (let index = first; index < Math.min(first + 8, table.length); index++) {
          if (value[nameAt(table, index)] !== undefined) bits |= 0x80 >> (index - first);
        }
        to.u8(bits);
      }
      for (const [name, codec] of table) if (value[name] !== undefined) codec.write(to, value[name]);
    },
    read: (from) => {
      const known = need(from, 1).u8();
      if (known > table.length) throw new RecordError('a newer version of leasetap has written this');
      const bits = need(from, Math.ceil(known / 8)).take(Math.ceil(known / 8));
      const value: Partial<Record<keyof T, unknown>> = {};
      for (let index = 0; index < known; index++) {
        const there = ((bits[index >> 3] as number) & (0x80 >> (index & 7))) !== 0;
        if (there) value[nameAt(table, index)] = table[index]?.[1].read(from);
      }
      return value as T;
    },
  };
}

/** The octets of one value. They share memory with their neighbours; a store copies them. */
export function encodeRecord<T>(codec: ValueCodec<T>, value: T): Uint8Array {
  codec.write(writer, value);
  return writer.take();
}

/** @throws RecordError unless `bytes` are exactly one such value */
export function decodeRecord<T>(codec: ValueCodec<T>, bytes: Uint8Array): T {
  const from = new Reader(bytes);
  const value = codec.read(from);
  if (from.left > 0) throw new RecordError(`${from.left} octets too many`);
  return value;
}

const writer = new Writer();

function nameAt<T>(table: readonly (readonly [keyof T, unknown])[], index: number): keyof T {
  return (table[index] as readonly [keyof T, unknown])[0];
}

function need(from: Reader, length: number): Reader {
  if (from.left < length) throw new RecordError('the record ends early');
  return from;
}
