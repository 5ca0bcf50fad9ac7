/** Definitions of headers and messages to codecs. Options are compile-option.ts. */
import { InputError } from '../base/problem.ts';
import type { FieldCodec } from './codec.ts';
import { compileField, type FieldScope } from './compile-field.ts';
import type {
  DialectDefinition,
  FieldDefinition,
  MessageDefinition,
  ProtocolDefinition,
} from './definition.ts';
import { Piece } from './json-buffer.ts';
import type { HeaderCodec, MessageCodec, Place } from './space.ts';

/** Header fields that every message object has under names of its own. */
const SHOWN_APART: readonly string[] = ['msg-type', 'transaction-id', 'sent-time'];

/** Headers of a protocol by name. */
export type Headers = ReadonlyMap<string, HeaderCodec>;

export function compileHeaders(definition: ProtocolDefinition, scope: FieldScope): Headers {
  const falseOffsets = offsetsOf(definition.dialects);
  return new Map(
    [...definition.headers].map(([name, fields]) => [
      name,
      { ...compileHeader(fields, scope), falseOffsets },
    ]),
  );
}

/** Throws InputError for a name that no header has. */
export function headerOf(headers: Headers, name: string, file: string): HeaderCodec {
  const header = headers.get(name);
  if (header !== undefined) return header;
  throw new InputError(
    `${file}: header ${name} is not defined; expected one of ${[...headers.keys()].join(', ')}`,
  );
}

export function compileMessage(
  message: MessageDefinition,
  headers: Headers,
  dialect: DialectDefinition | undefined,
  file: string,
  standardType = message.code,
): MessageCodec {
  const { code, name, section, examples } = message;
  const header = headerOf(headers, message.header, file);
  return {
    code,
    standardType,
    name,
    section,
    header: dialect === undefined ? header : headerIn(header, dialect),
    jsonName: jsonName(`${code}`, name),
    examples,
  };
}

/** The same header as a dialect means it. */
export function headerIn(header: HeaderCodec, dialect: DialectDefinition): HeaderCodec {
  const sentTime =
    dialect.epoch === 1970 ? { ...header.sentTime, epoch: 'time-1970' as const } : header.sentTime;
  return { ...header, sentTime, falseOffsets: offsetsOf([dialect]) };
}

function offsetsOf(dialects: readonly DialectDefinition[]): number[] {
  return dialects.flatMap(({ optionsOffset }) => optionsOffset ?? []);
}

/** What JSON has of a message from its type to its transaction-id. */
export function jsonName(type: string, name: string | null): Piece {
  return new Piece(`${type},"msg_name":${JSON.stringify(name)},"transaction_id":`);
}

function compileHeader(definitions: readonly FieldDefinition[], scope: FieldScope): HeaderCodec {
  let size = 0;
  let transactionId: Place = { offset: 0, size: 0 };
  let sentTime: HeaderCodec['sentTime'] = { offset: 0, size: 0, epoch: 'time-2000' };
  let optionsOffset = -1;
  const fields: FieldCodec[] = [];
  const others: HeaderCodec['others'][number][] = [];
  for (const definition of definitions) {
    const field = compileField(definition, scope);
    if (field.size === undefined)
      throw new InputError(`${scope.file}: header field ${field.name}: expected a type of fixed size`);
    const place = { offset: size, size: field.size };
    if (definition.role === 'transaction-id') transactionId = place;
    if (definition.role === 'sent-time') {
      sentTime = { ...place, epoch: definition.type === 'time-1970' ? 'time-1970' : 'time-2000' };
    }
    if (definition.role === 'options-offset') optionsOffset = size;
    if (!SHOWN_APART.includes(field.name))
      others.push({ field, offset: size, lead: new Piece(`,${field.jsonLead}`) });
    fields.push(field);
    size += field.size;
  }
  const leads = fields.map(({ jsonLead }, index) => new Piece(index === 0 ? jsonLead : `,${jsonLead}`));
  return { fields, size, transactionId, sentTime, others, leads, optionsOffset, falseOffsets: [] };
}
