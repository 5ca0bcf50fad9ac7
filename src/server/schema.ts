/**
 * A small schema layer over the nodes of a YAML document: a reader takes a node and gives a typed value, or tells what
 * was expected and where. Every mistake of a file is found in one go; each becomes one line with file, line, column and
 * key path. What a server's file may say is in config-shape.ts; nothing here knows about DHCP.
 */
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { suggestion } from '../base/nearest.ts';
import { InputError } from '../base/problem.ts';

/** A file larger than this is not a configuration. */
const CONFIG_CHARACTERS_MAX = 1 << 20;
/** Entries of one sequence: links, pools and relationships are written by people. */
const SEQUENCE_MAX = 10_000;

interface Source {
  readonly document: Document;
  readonly lines: LineCounter;
}

/** One node and how it was reached. */
export interface Place {
  readonly source: Source;
  /** Keys joined by dots, sequence positions in brackets: `relationships[0].partner.address`. */
  readonly path: string;
  /** `undefined`: the key has no value. */
  readonly node: Node | undefined;
  /** Octet where a mistake is shown if there is no node. */
  readonly offset: number;
}

/** Gives the value at a place, or throws what `mistake` makes. */
export type Reader<T> = (place: Place) => T;

class Mistakes extends Error {
  /** In the order of the file. */
  readonly lines: readonly string[];
  constructor(lines: readonly string[]) {
    super(lines[0] ?? 'mistake');
    this.lines = [...lines].sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  }
}

/** To be thrown by readers: `line:column: path: text`. */
export function mistake(place: Place, text: string): Error {
  const { line, col } = place.source.lines.linePos(place.node?.range?.[0] ?? place.offset);
  return new Mistakes([`${line}:${col}: ${place.path === '' ? '' : `${place.path}: `}${text}`]);
}

/** `expected X, found Y`, the usual mistake. */
export function expected(place: Place, what: string): Error {
  return mistake(place, `expected ${what}, found ${described(place)}`);
}

function described(place: Place): string {
  const node = place.node;
  if (node === undefined) return 'nothing';
  if (isMap(node)) return 'a mapping';
  if (isSeq(node)) return 'a list';
  if (!isScalar(node) || node.value === null) return 'nothing';
  const text = JSON.stringify(node.value) ?? String(node.value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** A key of a mapping: how it is read and what its absence means. */
export interface Field<T> {
  readonly read: Reader<T>;
  readonly required: boolean;
  readonly absent: T | undefined;
}

export function required<T>(read: Reader<T>): Field<T> {
  return { read, required: true, absent: undefined };
}

export function optional<T>(read: Reader<T>): Field<T | undefined> {
  return { read, required: false, absent: undefined };
}

export function withDefault<T>(read: Reader<T>, absent: T): Field<T> {
  return { read, required: false, absent };
}

type Camel<K> = K extends `${infer Head}-${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : K & string;
type Fields = Readonly<Record<string, Field<unknown>>>;
/** What a mapping of these fields is read to: `max-unacked` becomes `maxUnacked`. */
export type ValuesOf<F extends Fields> = {
  readonly [K in keyof F as Camel<K>]: F[K] extends Field<infer T> ? T : never;
};

/** A mapping with exactly these keys. */
export function mapping<const F extends Fields>(fields: F): Reader<ValuesOf<F>> {
  return (place) => {
    const node = place.node;
    if (!isMap(node)) throw expected(place, `a mapping with the keys ${Object.keys(fields).join(', ')}`);
    const found = new Map<string, Place>();
    const wrong: string[] = [];
    for (const { key, value } of node.items) {
      const keyPlace = at(place, key as Node | null, place.path, place.offset);
      const name = isScalar(keyPlace.node) ? String(keyPlace.node.value) : undefined;
      if (name === undefined || !Object.hasOwn(fields, name)) {
        gather(wrong, unknownKey(keyPlace, name, Object.keys(fields)));
        continue;
      }
      const path = place.path === '' ? name : `${place.path}.${name}`;
      found.set(name, at(place, value as Node | null, path, keyPlace.node?.range?.[0] ?? place.offset));
    }
    const values: Record<string, unknown> = {};
    for (const [name, field] of Object.entries(fields)) {
      try {
        values[camel(name)] = readField(place, name, field, found.get(name));
      } catch (error) {
        gather(wrong, error);
      }
    }
    if (wrong.length > 0) throw new Mistakes(wrong);
    return values as ValuesOf<F>;
  };
}

function readField<T>(parent: Place, name: string, field: Field<T>, place: Place | undefined): T | undefined {
  if (place !== undefined) return field.read(place);
  if (field.required) throw mistake(parent, `the key "${name}" is missing`);
  return field.absent;
}

/** A list; one value alone counts as a list of one where `loneValue` says so. */
export function listOf<T>(
  read: Reader<T>,
  what: string,
  limits: { readonly atLeast?: number; readonly loneValue?: boolean } = {},
): Reader<readonly T[]> {
  return (place) => {
    const node = place.node;
    if (!isSeq(node)) {
      if (limits.loneValue === true && isScalar(node)) return [read(place)];
      throw expected(place, `a list of ${what}`);
    }
    if (node.items.length < (limits.atLeast ?? 0)) throw mistake(place, `expected at least one of ${what}`);
    if (node.items.length > SEQUENCE_MAX) throw mistake(place, `expected at most ${SEQUENCE_MAX} ${what}`);
    const wrong: string[] = [];
    const values: T[] = [];
    node.items.forEach((item, index) => {
      try {
        values.push(read(at(place, item as Node | null, `${place.path}[${index}]`, place.offset)));
      } catch (error) {
        gather(wrong, error);
      }
    });
    if (wrong.length > 0) throw new Mistakes(wrong);
    return values;
  };
}

/** The first reader if the node is a mapping, else the second. */
export function mappingOr<A, B>(whenMapping: Reader<A>, otherwise: Reader<B>): Reader<A | B> {
  return (place) => (isMap(place.node) ? whenMapping(place) : otherwise(place));
}

/** Adds rules between the parts of a value: what `rules` returns are mistakes, as made by `mistake`. */
export function checked<T>(read: Reader<T>, rules: (value: T) => readonly Error[]): Reader<T> {
  return (place) => {
    const value = read(place);
    const wrong: string[] = [];
    for (const error of rules(value)) gather(wrong, error);
    if (wrong.length > 0) throw new Mistakes(wrong);
    return value;
  };
}

/** The scalar at a place as it was written, so that `0010` and `1:20` stay what they are; `undefined` if it is none. */
export function scalarText(place: Place): string | undefined {
  const node = place.node;
  if (!isScalar(node) || node.value === null) return undefined;
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
}

/** A file with mistakes: the message shows the first one, `lines` has them all, each `file:line:column: key: text`. */
export class ConfigError extends InputError {
  readonly lines: readonly string[];
  constructor(lines: readonly string[]) {
    super(`${lines[0]}${lines.length > 1 ? ` (and ${lines.length - 1} more)` : ''}`);
    this.lines = lines;
  }
}

/**
 * Reads a whole file.
 * @throws ConfigError
 */
export function readYaml<T>(file: string, text: string, read: Reader<T>): T {
  if (text.length > CONFIG_CHARACTERS_MAX)
    throw new ConfigError([`${file}: larger than ${CONFIG_CHARACTERS_MAX} characters`]);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const unreadable = document.errors[0];
  if (unreadable !== undefined) {
    const { line, col } = lines.linePos(unreadable.pos[0]);
    throw new ConfigError([`${file}:${line}:${col}: not YAML: ${unreadable.message.split('\n')[0]}`]);
  }
  try {
    return read({ source: { document, lines }, path: '', node: document.contents ?? undefined, offset: 0 });
  } catch (error) {
    if (error instanceof Mistakes) throw new ConfigError(error.lines.map((line) => `${file}:${line}`));
    throw error;
  }
}

/** Adds what a reader found wrong to `wrong`; anything else that was thrown goes on. */
function gather(wrong: string[], error: unknown): void {
  if (!(error instanceof Mistakes)) throw error;
  wrong.push(...error.lines);
}

function at(parent: Place, node: Node | null, path: string, offset: number): Place {
  const target = isAlias(node) ? node.resolve(parent.source.document) : (node ?? undefined);
  return { source: parent.source, path, node: target, offset };
}

function unknownKey(place: Place, name: string | undefined, known: readonly string[]): Error {
  const hint = suggestion(name ?? '', known, `expected ${known.join(', ')}`);
  return mistake(place, `unknown key ${JSON.stringify(name ?? 'that is not text')}${hint}`);
}

function camel(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
