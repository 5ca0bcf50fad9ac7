/** Definitions of options to codecs, with what is inside them and how they look in JSON. Messages are compile-message.ts. */
import { InputError } from '../base/problem.ts';
import type { FieldCodec } from './codec.ts';
import { DISPLAYS, numberCodec } from './codecs/numbers.ts';
import { compileField, type FieldScope } from './compile-field.ts';
import type { OptionDefinition } from './definition.ts';
import { Piece } from './json-buffer.ts';
import { optionLook } from './option-look.ts';
import type { CompiledProtocol, FieldJson, OptionCodec, OptionJson, Space, Tail } from './space.ts';
import { RELAY_MESSAGE, SUB_OPTIONS } from './tree-json.ts';

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };
/** A space while options are added to it. */
export type Growing = Mutable<Space> & { byCode: Map<number, OptionCodec>; elsewhere: Map<number, string> };

/** What definitions of one file are compiled against. */
export interface Scope extends FieldScope {
  readonly spaces: Map<string, Growing>;
  readonly dissectors: { protocols: Map<string, Mutable<CompiledProtocol>>; vendors: Map<number, Growing> };
}

/** Throws InputError for a field, space or protocol that does not exist. */
export function compileOption(definition: OptionDefinition, scope: Scope): OptionCodec {
  const fields = definition.fields.map((field) => compileField(field, scope));
  const tail = compileTail(definition, scope);
  const minimum = fields.reduce((sum, field) => sum + field.minimum, 0);
  const allSized = fields.every((field) => field.size !== undefined);
  const hasLength = allSized && tail.kind === 'none';
  return {
    code: definition.code,
    name: definition.name,
    section: definition.section,
    fields,
    minimum,
    fixed: allSized ? minimum : undefined,
    tail,
    look: optionLook({
      name: definition.name,
      definitions: definition.fields,
      fields,
      inside: tail.kind,
      unixTimes: false,
    }),
    json: optionJson(definition, fields, tail, hasLength ? minimum : undefined),
    definition,
  };
}

/** What JSON has between the last field of an option and what is inside it. */
const JSON_CLOSE: Readonly<Record<Tail['kind'], string>> = {
  none: '}}',
  options: '},"options":',
  message: `,${JSON.stringify(RELAY_MESSAGE)}:{`,
  vendor: `,${JSON.stringify(SUB_OPTIONS)}:[`,
};

function optionJson(
  { code, name }: OptionDefinition,
  fields: readonly FieldCodec[],
  tail: Tail,
  length: number | undefined,
): OptionJson {
  const head = `,{"code":${code},"name":${JSON.stringify(name)},"len":`;
  const open = `,"value":{${fields[0]?.jsonLead ?? ''}`;
  return {
    head: new Piece(length === undefined ? head : `${head}${length}${open}`),
    hasLength: length !== undefined,
    open: new Piece(open),
    fields: fields.map(fieldJson),
    close: new Piece(JSON_CLOSE[tail.kind]),
  };
}

function fieldJson(field: FieldCodec, index: number): FieldJson {
  const { jsonLead, size, minimum, extent, problem, json } = field;
  return {
    lead: index === 0 ? undefined : new Piece(`,${jsonLead}`),
    size,
    minimum,
    extent,
    problem,
    put: json,
  };
}

function compileTail(definition: OptionDefinition, scope: Scope): Tail {
  const last = definition.fields.at(-1)?.type;
  if (last === 'vendor-options') return { kind: 'vendor', vendors: scope.dissectors.vendors };
  if (last === 'message') {
    const protocol = scope.dissectors.protocols.get('dhcpv6');
    if (protocol === undefined)
      throw new InputError(`${scope.file}: ${definition.name}: type message needs the dissector dhcpv6`);
    return { kind: 'message', protocol };
  }
  if (definition.encapsulates === undefined) return { kind: 'none' };
  if (definition.encapsulates === 'same') return { kind: 'options' };
  return { kind: 'options', space: namedSpace(scope, definition.encapsulates) };
}

function namedSpace(scope: Scope, name: string): Growing {
  const space = scope.spaces.get(name);
  if (space === undefined)
    throw new InputError(
      `${scope.file}: space ${name} is not defined; expected one of ${[...scope.spaces.keys()].join(', ')}`,
    );
  return space;
}

/** The same option with times that count from 1970. */
export function withUnixTimes(option: OptionCodec): OptionCodec {
  const fields = option.fields.map((field, index) =>
    option.definition.fields[index]?.type === 'time-2000'
      ? numberCodec(field.name, 4, DISPLAYS['time-1970'])
      : field,
  );
  const { name, tail, definition } = option;
  const look = optionLook({
    name,
    definitions: definition.fields,
    fields,
    inside: tail.kind,
    unixTimes: true,
  });
  return { ...option, fields, look };
}
