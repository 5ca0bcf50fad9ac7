/** Holds answers of the control against docs/openapi-server.yaml: as much of JSON Schema as that file uses. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
}

const file = new URL('../../docs/openapi-server.yaml', import.meta.url);
const document = parse(readFileSync(file, 'utf8')) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

/** `GET /status`, … as described. */
export const describedRoutes: readonly string[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
);

/** Everything in which `value` is not the schema of that name; empty if it is. */
export function deviations(name: string, value: unknown): readonly string[] {
  return [...check({ $ref: `#/components/schemas/${name}` }, value, name)];
}

function* check(schema: Schema, value: unknown, path: string): Iterable<string> {
  if (schema.$ref !== undefined) {
    const target = document.components.schemas[schema.$ref.replace('#/components/schemas/', '')];
    if (target === undefined) yield `${path}: ${schema.$ref} does not exist`;
    else yield* check(target, value, path);
    return;
  }
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
  if (!types.some((type) => isOf(type, value))) {
    yield `${path}: ${JSON.stringify(value)} is not ${types.join(' or ')}`;
    return;
  }
  if (schema.enum !== undefined && !schema.enum.includes(value)) yield `${path}: ${value} is not in the enum`;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* check(schema.items ?? {}, item, `${path}[${index}]`);
  } else if (typeof value === 'object' && value !== null) yield* checkObject(schema, value, path);
}

function* checkObject(schema: Schema, value: object, path: string): Iterable<string> {
  for (const name of schema.required ?? []) if (!(name in value)) yield `${path}.${name} is missing`;
  for (const [name, inner] of Object.entries(value)) {
    const known = schema.properties?.[name];
    if (known !== undefined) yield* check(known, inner, `${path}.${name}`);
    else if (schema.additionalProperties === false) yield `${path}.${name} is not described`;
    else if (typeof schema.additionalProperties === 'object') {
      yield* check(schema.additionalProperties, inner, `${path}.${name}`);
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
