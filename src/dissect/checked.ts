/**
 * Reads plain data (what YAML or JSON holds) step by step, with errors that name the place and what was expected
 * there. A `Checked` is a value and its path; whoever made the first one knows how to turn a path into file and line.
 */
import { InputError } from '../base/problem.ts';

export type Path = readonly (string | number)[];

/** Place of a path for people: `dissectors/dhcpv6.yaml:12: options.5.fields.0`. */
export type Locate = (path: Path) => string;

export class Checked {
  readonly value: unknown;
  readonly path: Path;
  private readonly locate: Locate;

  constructor(value: unknown, locate: Locate, path: Path = []) {
    this.value = value;
    this.path = path;
    this.locate = locate;
  }

  /** Throws InputError: `PLACE: expected WHAT, found VALUE`. */
  expected(what: string): never {
    throw new InputError(`${this.locate(this.path)}: expected ${what}, found ${shown(this.value)}`);
  }

  /** Throws InputError: `PLACE: WHAT`. */
  refuse(what: string): never {
    throw new InputError(`${this.locate(this.path)}: ${what}`);
  }

  /** A mapping with no other keys than these. */
  map(keys: readonly string[]): ReadonlyMap<string, Checked> {
    const entries = this.entries();
    for (const [key, entry] of entries) {
      if (!keys.includes(key)) entry.refuse(`unknown key ${key}; expected one of ${keys.join(', ')}`);
    }
    return entries;
  }

  /** A mapping with any keys; empty for an absent one. */
  entries(): ReadonlyMap<string, Checked> {
    if (this.value === undefined || this.value === null) return new Map();
    if (typeof this.value !== 'object' || Array.isArray(this.value)) this.expected('a mapping');
    return new Map(Object.entries(this.value).map(([key, value]) => [key, this.inner(key, value)]));
  }

  /** A list; empty for an absent one. */
  list(): readonly Checked[] {
    if (this.value === undefined || this.value === null) return [];
    if (!Array.isArray(this.value)) this.expected('a list');
    return this.value.map((value, index) => this.inner(index, value));
  }

  text(what = 'text'): string {
    if (typeof this.value !== 'string' || this.value === '') this.expected(what);
    return this.value;
  }

  number(minimum: number, maximum: number): number {
    const { value } = this;
    if (typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum)
      return value;
    return this.expected(`a whole number from ${minimum} to ${maximum}`);
  }

  flag(): boolean {
    if (typeof this.value !== 'boolean') this.expected('true or false');
    return this.value;
  }

  oneOf<T extends string>(values: readonly T[]): T {
    const found = values.find((value) => value === this.value);
    return found ?? this.expected(`one of ${values.join(', ')}`);
  }

  /** The member `key` of a mapping that must be there. */
  need(map: ReadonlyMap<string, Checked>, key: string): Checked {
    return map.get(key) ?? this.refuse(`key ${key} is missing`);
  }

  private inner(key: string | number, value: unknown): Checked {
    return new Checked(value, this.locate, [...this.path, key]);
  }
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
