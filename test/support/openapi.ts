/** Holds answers of a control against its description in docs/: as much of JSON Schema as those files use. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly oneOf?: readonly Schema[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** A description of docs/. */
export class OpenApi {
  private readonly document: Description;

  constructor(file: string) {
    const place = new URL(`../../docs/${file}`, import.meta.url);
    this.document = parse(readFileSync(place, 'utf8')) as Description;
  }

  /** `GET /status`, … as described. */
  get routes(): readonly string[] {
    return Object.entries(this.document.paths).flatMap(([path, item]) =>
      Object.keys(this.item(item))
        .filter((method) => method !== 'parameters')
        .map((method) => `${method.toUpperCase()} ${path}`),
    );
  }

  /** Everything in which `value` is not the schema of that name; empty if it is. */
  deviations(name: string, value: unknown): readonly string[] {
    return [...this.check({ $ref: `#/components/schemas/${name}` }, value, name)];
  }

  /** A path may be described by that of another one: `#/paths/~1faults`. */
  private item(item: Readonly<Record<string, unknown>>): object {
    const { $ref } = item;
    if (typeof $ref !== 'string') return item;
    const path = decodeURIComponent($ref.replace('#/paths/', '').replaceAll('~1', '/'));
    const target = this.document.paths[path];
    if (target === undefined) throw new Error(`${$ref} does not exist`);
    return target;
  }

  private *check(schema: Schema, value: unknown, path: string): Iterable<string> {
    if (schema.$ref !== undefined) {
      const target = this.document.components.schemas[schema.$ref.replace('#/components/schemas/', '')];
      if (target === undefined) yield `${path}: ${schema.$ref} does not exist`;
      else yield* this.check(target, value, path);
      return;
    }
    if (schema.oneOf !== undefined) {
      const fitting = schema.oneOf.filter((one) => [...this.check(one, value, path)].length === 0);
      if (fitting.length !== 1) yield `${path}: ${JSON.stringify(value)} is ${fitting.length} of oneOf`;
      return;
    }
    if (schema.const !== undefined && schema.const !== value) yield `${path}: expected ${schema.const}`;
    const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
    if (types.length > 0 && !types.some((type) => isOf(type, value))) {
      yield `${path}: ${JSON.stringify(value)} is not ${types.join(' or ')}`;
      return;
    }
    if (schema.enum !== undefined && !schema.enum.includes(value))
      yield `${path}: ${value} is not in the enum`;
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries())
        yield* this.check(schema.items ?? {}, item, `${path}[${index}]`);
    } else if (typeof value === 'object' && value !== null) yield* this.checkObject(schema, value, path);
  }

  private *checkObject(schema: Schema, value: object, path: string): Iterable<string> {
    for (const name of schema.required ?? []) if (!(name in value)) yield `${path}.${name} is missing`;
    for (const [name, inner] of Object.entries(value)) {
      const known = schema.properties?.[name];
      if (known !== undefined) yield* this.check(known, inner, `${path}.${name}`);
      else if (schema.additionalProperties === false) yield `${path}.${name} is not described`;
      else if (typeof schema.additionalProperties === 'object') {
        yield* this.check(schema.additionalProperties, inner, `${path}.${name}`);
      }
    }
  }
}

function isOf(type: string, value: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    default:
      return typeof value === type;
  }
}
