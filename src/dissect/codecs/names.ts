/**
 * Domain names as RFC 1035 §3.1 encodes them, without compression (RFC 8415 §10). A name whose root label is missing
 * is partial; only OPTION_CLIENT_FQDN may hold one (RFC 4704 §4.2), elsewhere it is kept and shown without final dot.
 */
import type { FieldCodec } from '../codec.ts';
import { CLOSE_BRACKET, COMMA, jsonKey, OPEN_BRACKET } from '../codec.ts';

const LABEL_OCTETS_MAX = 63;
const NAME_OCTETS_MAX = 255;

/** Where the name that begins at `start` ends, or what is wrong with it. */
function nameEnd(bytes: Uint8Array, start: number, end: number): number | string {
  let at = start;
  while (at < end) {
    const length = bytes[at] as number;
    if (length === 0) return at + 1 - start > NAME_OCTETS_MAX ? tooLong(at + 1 - start) : at + 1;
    if (length >= 0xc0) return `compression pointer at octet ${at - start}`;
    if (length > LABEL_OCTETS_MAX)
      return `label of ${length} octets at octet ${at - start}, more than ${LABEL_OCTETS_MAX}`;
    if (at + 1 + length > end)
      return `label at octet ${at - start} says ${length} octets, ${end - at - 1} are left`;
    at += 1 + length;
  }
  return at - start > NAME_OCTETS_MAX ? tooLong(at - start) : at;
}

function tooLong(octets: number): string {
  return `name of ${octets} octets, more than ${NAME_OCTETS_MAX}`;
}

/** Text of a checked name; dots, backslashes and unprintable octets of labels are escaped as RFC 1035 §5.1 has it. */
function nameText(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  let at = start;
  while (at < end) {
    const length = bytes[at] as number;
    if (length === 0) return text === '' ? '.' : `${text}.`;
    if (text !== '') text += '.';
    for (let index = at + 1; index <= at + length; index++) text += labelCharacter(bytes[index] as number);
    at += 1 + length;
  }
  return text;
}

function labelCharacter(octet: number): string {
  if (octet === 0x2e || octet === 0x5c) return `\\${String.fromCharCode(octet)}`;
  if (octet > 0x20 && octet < 0x7f) return String.fromCharCode(octet);
  return `\\${String(octet).padStart(3, '0')}`;
}

/** Octets of a name: `a.b.` ends with the root label, `a.b` does not. */
function encodeName(text: string): Uint8Array | undefined {
  if (text === '') return new Uint8Array(0);
  const octets: number[] = [];
  let label: number[] = [];
  const finish = (): boolean => {
    if (label.length === 0 || label.length > LABEL_OCTETS_MAX) return false;
    octets.push(label.length, ...label);
    label = [];
    return true;
  };
  const parts = text.match(/\\\d{3}|\\.|[^\\]/gsu) ?? [];
  for (const part of text === '.' ? [] : parts) {
    if (part === '.') {
      if (!finish()) return undefined;
      continue;
    }
    const character = part.startsWith('\\') ? part.slice(1) : part;
    const code = /^\d{3}$/.test(character) ? Number(character) : (character.codePointAt(0) as number);
    if (code > 255) return undefined;
    label.push(code);
  }
  if (label.length > 0 ? !finish() : false) return undefined;
  if (text.endsWith('.')) octets.push(0);
  return octets.length <= NAME_OCTETS_MAX ? Uint8Array.from(octets) : undefined;
}

/** One name, all that is left. */
export function domainNameCodec(name: string): FieldCodec {
  const problem = (bytes: Uint8Array, start: number, end: number): string | undefined => {
    const reached = nameEnd(bytes, start, end);
    if (typeof reached === 'string') return reached;
    return reached < end ? `${end - reached} octets after the end of the name` : undefined;
  };
  return {
    name,
    jsonLead: jsonKey(name),
    size: undefined,
    minimum: 0,
    expects: 'a domain name, with a final dot if it is complete',
    problem,
    fields(bytes, start, end) {
      const value = problem(bytes, start, end) === undefined ? nameText(bytes, start, end) : null;
      return [{ name, value, start, end }];
    },
    json(out, bytes, start, end) {
      out.putString(nameText(bytes, start, end));
    },
    encode: (input) => (typeof input === 'string' ? encodeName(input) : undefined),
  };
}

/** Names one behind the other, all that is left; each ends with the root label. */
export function domainNamesCodec(name: string): FieldCodec {
  const read = (bytes: Uint8Array, start: number, end: number): { names: string[]; problem?: string } => {
    const names: string[] = [];
    for (let at = start; at < end; ) {
      const reached = nameEnd(bytes, at, end);
      if (typeof reached === 'string') return { names, problem: `name ${names.length + 1}: ${reached}` };
      names.push(nameText(bytes, at, reached));
      at = reached;
    }
    return { names };
  };
  return {
    name,
    jsonLead: jsonKey(name),
    size: undefined,
    minimum: 0,
    expects: 'a list of domain names',
    problem: (bytes, start, end) => read(bytes, start, end).problem,
    fields: (bytes, start, end) => [{ name, value: read(bytes, start, end).names, start, end }],
    json(out, bytes, start, end) {
      out.putCode(OPEN_BRACKET);
      read(bytes, start, end).names.forEach((text, index) => {
        if (index > 0) out.putCode(COMMA);
        out.putString(text);
      });
      out.putCode(CLOSE_BRACKET);
    },
    encode(input) {
      if (!Array.isArray(input)) return undefined;
      const octets: number[] = [];
      for (const text of input) {
        const encoded = typeof text === 'string' ? encodeName(text) : undefined;
        if (encoded === undefined) return undefined;
        octets.push(...encoded);
      }
      return Uint8Array.from(octets);
    },
  };
}
