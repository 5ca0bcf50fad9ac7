/**
 * Codecs of option contents, and tables that tie option codes to fields of a message. A table row says once which
 * option holds which field and how; reading and writing both follow it. What no row knows, what comes twice and what
 * has a wrong length is kept as a RawOption in `extra`, so that encoding what was decoded loses nothing.
 */
import { invariant } from '../base/invariant.ts';
import { added } from '../base/short-list.ts';
import type { RawOption, Status } from './messages.ts';
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

/** How the contents of an option are read and written. */
export interface Codec<T> {
  /** A number of `size` octets and nothing else: tables read and write these by themselves. */
  readonly plain?: true;
  /** Octets: exactly so many, or at least so many if `open`. Looked at before `read` is called. */
  readonly size: number;
  readonly open: boolean;
  /** Reads the whole window; `undefined` if the contents mean nothing. */
  read(reader: Reader): T | undefined;
  write(writer: Writer, value: T): void;
}

export const u8: Codec<number> = {
  plain: true,
  size: 1,
  open: false,
  read: (reader) => reader.u8(),
  write: (writer, value) => writer.u8(value),
};

export const u16: Codec<number> = {
  plain: true,
  size: 2,
  open: false,
  read: (reader) => reader.u16(),
  write: (writer, value) => writer.u16(value),
};

export const u32: Codec<number> = {
  plain: true,
  size: 4,
  open: false,
  read: (reader) => reader.u32(),
  write: (writer, value) => writer.u32(value),
};

export const octets: Codec<Uint8Array> = {
  size: 0,
  open: true,
  read: (reader) => reader.rest(),
  write: (writer, value) => writer.octets(value),
};

/** Octets that a peer chooses and that we keep or send on: at most so many, or they mean nothing to us. */
export function octetsUpTo(max: number): Codec<Uint8Array> {
  return { ...octets, read: (reader) => (reader.left > max ? undefined : reader.rest()) };
}

/** OPTION_CLIENT_FQDN (RFC 4704 §4): flags and a name of at most 255 octets. */
export const clientFqdn: Codec<Uint8Array> = octetsUpTo(256);

/** OPTION_VSS (RFC 6607 §3.4): type and an identifier, which is a short name. */
export const vss: Codec<Uint8Array> = octetsUpTo(256);

export const text: Codec<string> = {
  size: 0,
  open: true,
  read: (reader) => reader.text(),
  write: (writer, value) => writer.text(value),
};

/** OPTION_STATUS_CODE, RFC 8415 §21.13. */
export const status: Codec<Status> = {
  size: 2,
  open: true,
  read(reader) {
    const code = reader.u16();
    const message = reader.text();
    return message === undefined ? undefined : { code, message };
  },
  write(writer, value) {
    writer.u16(value.code);
    writer.text(value.message);
  },
};

/** `T` while it is being read. */
export type Draft<T> = { -readonly [K in keyof T]: T[K] };

interface Row {
  readonly code: number;
  readonly field: string;
  readonly codec: Codec<unknown>;
  /** Octets of a plain number; 0: it is something else. */
  readonly width: number;
  readonly get: (source: unknown) => unknown;
  readonly set: (target: unknown, value: unknown) => void;
  /** Set where the field is a list: whether this row writes the item. */
  readonly writes: ((item: unknown) => boolean) | undefined;
}

/** Any value with options: fields by name and, for what has no field, `extra`. */
interface Fields {
  [field: string]: unknown;
  extra?: RawOption[];
}

type ElementOf<T> = T extends readonly (infer Item)[] ? Item : never;
type FieldsHolding<T, V> = { [K in keyof T]-?: V extends NonNullable<T[K]> ? K : never }[keyof T] & string;

/**
 * The options of a `T`, in the order in which they are written. A `get` makes writing faster and a `set` reading, and
 * nothing else: each has code of its own for its field, where going by name leads through one place for all fields of all
 * messages.
 */
export class OptionTable<T> {
  private readonly rows: Row[] = [];
  private readonly byCode: (Row | undefined)[] = [];

  /** Option `code` holds `field`; a second one of the kind is kept in `extra` and reported. */
  one<V>(
    code: number,
    field: FieldsHolding<T, V>,
    codec: Codec<V>,
    get: (source: T) => V | undefined = (source) => source[field] as V | undefined,
    set: (target: Draft<T>, value: V) => void = (target, value) => {
      (target as Fields)[field] = value;
    },
  ): this {
    return this.add({
      code,
      field,
      codec: codec as Codec<unknown>,
      width: codec.plain ? codec.size : 0,
      get: get as Row['get'],
      set: set as Row['set'],
      writes: undefined,
    });
  }

  /** Option `code` holds an item of the list `field`: those of which `writes` is true. The list always exists. */
  many<K extends keyof T & string, V extends ElementOf<T[K]>>(
    code: number,
    field: K,
    codec: Codec<V>,
    writes: (item: ElementOf<T[K]>) => boolean = () => true,
    get: (source: T) => T[K] = (source) => source[field],
    set: (target: Draft<T>, value: T[K]) => void = (target, value) => {
      (target as Fields)[field] = value;
    },
  ): this {
    return this.add({
      code,
      field,
      codec: codec as Codec<unknown>,
      width: 0,
      get: get as Row['get'],
      set: set as Row['set'],
      writes: writes as (item: unknown) => boolean,
    });
  }

  /** Reads options up to the end of the window into `target`. */
  read(reader: Reader, target: Draft<T>): void {
    const fields = target as Fields;
    const outer = reader.end;
    while (reader.at < outer) {
      if (outer - reader.at < 4) {
        reader.report('option-header-cut', `${outer - reader.at} octets are no option`, 'RFC 8415 §21.1');
        break;
      }
      const code = reader.u16();
      const length = reader.u16();
      const end = reader.at + length;
      if (end > outer) {
        reader.path.push(code);
        const left = outer - reader.at;
        reader.report('option-past-end', `option-len ${length}, ${left} octets left`, 'RFC 8415 §21.1');
        reader.path.pop();
        break;
      }
      const row = this.byCode[code];
      if (row !== undefined && row.width === length && length > 0 && row.get(fields) === undefined) {
        row.set(fields, reader.number(length));
        continue;
      }
      reader.end = end;
      if (row === undefined) keepRaw(fields, code, reader);
      else readOption(reader, row, fields);
      reader.end = outer;
      reader.at = end;
    }
    reader.at = outer;
  }

  /** Writes the fields of `source` in table order, lists in theirs, then `extra`. */
  write(writer: Writer, source: T): void {
    const { rows } = this;
    for (let index = 0; index < rows.length; index++) {
      const row = rows[index] as Row;
      const value = row.get(source);
      if (value === undefined) continue;
      if (row.width > 0) writer.numberOption(row.code, row.width, value as number);
      else if (row.writes === undefined) writeOption(writer, row, value);
      else index = this.writeList(writer, index, value as readonly unknown[]);
    }
    const { extra } = source as Fields;
    if (extra !== undefined) for (const option of extra) writeRaw(writer, option);
  }

  /** Returns the number of the last row of the list. */
  private writeList(writer: Writer, first: number, items: readonly unknown[]): number {
    const { rows } = this;
    const { field } = rows[first] as Row;
    let end = first;
    while (rows[end]?.field === field) end++;
    for (const item of items) {
      let index = first;
      while (index < end && rows[index]?.writes?.(item) === false) index++;
      invariant(index < end, 'every item of a list has an option');
      writeOption(writer, rows[index] as Row, item);
    }
    return end - 1;
  }

  private add(row: Row): this {
    invariant(this.byCode[row.code] === undefined, 'an option has one row in a table');
    this.rows.push(row);
    this.byCode[row.code] = row;
    return this;
  }
}

/** Reads the window into the field of `row`, or keeps it as it is and says why. */
function readOption(reader: Reader, row: Row, fields: Fields): void {
  const { codec, code } = row;
  const start = reader.at;
  const length = reader.end - start;
  reader.path.push(code);
  const held = row.get(fields);
  if (row.writes === undefined && held !== undefined) {
    reader.report(
      'duplicate-option',
      'only one option of this kind is expected',
      'RFC 8415 §21.1',
      start - 4,
    );
    keepRaw(fields, code, reader);
  } else if (length < codec.size || (length > codec.size && !codec.open)) {
    const expected = `${codec.open ? 'at least ' : ''}${codec.size}`;
    reader.report('option-length', `option-len ${length}, expected ${expected}`, 'RFC 8415 §21.1', start - 4);
    keepRaw(fields, code, reader);
  } else {
    const value = codec.read(reader);
    if (value === undefined) {
      reader.report(
        'option-contents',
        'the contents do not have the form of this option',
        'RFC 8415 §21.1',
        start,
      );
      reader.at = start;
      keepRaw(fields, code, reader);
    } else row.set(fields, row.writes === undefined ? value : added(held as unknown[], value));
  }
  reader.path.pop();
}

/** An option that has no field of its own. */
export function writeRaw(writer: Writer, option: RawOption): void {
  writer.optionHeader(option.code, option.bytes.length);
  writer.octets(option.bytes);
}

function writeOption(writer: Writer, row: Row, value: unknown): void {
  const { code, codec } = row;
  if (!codec.open) {
    writer.optionHeader(code, codec.size);
    codec.write(writer, value);
    return;
  }
  const mark = writer.beginOption(code);
  codec.write(writer, value);
  writer.endLength(mark);
}

function keepRaw(fields: Fields, code: number, reader: Reader): void {
  const option = { code, bytes: reader.rest() };
  if (fields.extra === undefined) fields.extra = [option];
  else fields.extra.push(option);
}
