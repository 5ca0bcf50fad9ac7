/** Octet strings and texts: hex, link-layer addresses, UUIDs, UTF-8, UTF-16. */
import { fromHex, toColonHex, toHex } from '../../base/bytes.ts';
import type { FieldCodec } from '../codec.ts';
import { jsonKey, QUOTE } from '../codec.ts';
import { isPlain, type JsonBuffer } from '../json-buffer.ts';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf16 = new TextDecoder('utf-16le', { ignoreBOM: true });

/** Octets as hex: `length` of them, or all that is left. */
export function bytesCodec(name: string, length?: number): FieldCodec {
  return {
    name,
    jsonLead: jsonKey(name),
    size: length,
    minimum: length ?? 0,
    expects: length === undefined ? 'octets in hex' : `${length} octets in hex`,
    fields: (bytes, start, end) => [{ name, value: toHex(bytes, start, end), start, end }],
    json(out, bytes, start, end) {
      out.putCode(QUOTE);
      out.putHex(bytes, start, end);
      out.putCode(QUOTE);
    },
    encode(input) {
      const octets = typeof input === 'string' ? fromHex(input) : undefined;
      return length === undefined || octets?.length === length ? octets : undefined;
    },
  };
}

/** A hardware address, all that is left, with colons. */
export function linkLayerCodec(name: string): FieldCodec {
  return {
    name,
    jsonLead: jsonKey(name),
    size: undefined,
    minimum: 0,
    expects: 'a link-layer address such as 02:00:5e:00:53:01',
    fields: (bytes, start, end) => [{ name, value: toColonHex(bytes, start, end), start, end }],
    json(out, bytes, start, end) {
      out.putCode(QUOTE);
      out.putColonHex(bytes, start, end);
      out.putCode(QUOTE);
    },
    encode: (input) => (typeof input === 'string' ? fromHex(input) : undefined),
  };
}

/** 16 octets in the 8-4-4-4-12 form. */
export function uuidText(bytes: Uint8Array, at: number): string {
  const hex = toHex(bytes, at, at + 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** UTF-8 text, all that is left. */
export function textCodec(name: string): FieldCodec {
  return {
    name,
    jsonLead: jsonKey(name),
    size: undefined,
    minimum: 0,
    expects: 'text',
    problem: (bytes, start, end) =>
      isPlainAscii(bytes, start, end) || isUtf8(bytes, start, end) ? undefined : 'not valid UTF-8',
    fields: (bytes, start, end) => [{ name, value: textOf(bytes, start, end), start, end }],
    json(out, bytes, start, end) {
      putText(out, bytes, start, end);
    },
    encode: (input) => (typeof input === 'string' ? new TextEncoder().encode(input) : undefined),
  };
}

/** Text as JSON string, quotes included. */
export function putText(out: JsonBuffer, bytes: Uint8Array, start: number, end: number): void {
  if (!isPlainAscii(bytes, start, end)) {
    out.putString(textOf(bytes, start, end));
    return;
  }
  out.putCode(QUOTE);
  out.putOctets(bytes, start, end);
  out.putCode(QUOTE);
}

/** UTF-8 text; octets that are none become U+FFFD. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  return decoder.decode(bytes.subarray(start, end));
}

/** Printable ASCII that JSON writes as it is. */
function isPlainAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    if (!isPlain(bytes[at] as number)) return false;
  }
  return true;
}

function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  try {
    strictDecoder.decode(bytes.subarray(start, end));
    return true;
  } catch {
    return false;
  }
}

/** Little-endian UTF-16 with an optional NUL behind it, as Windows sends it. */
export function utf16Codec(name: string): FieldCodec {
  const text = (bytes: Uint8Array, start: number, end: number): string =>
    utf16.decode(bytes.subarray(start, end)).replace(/\0$/, '');
  return {
    name,
    jsonLead: jsonKey(name),
    size: undefined,
    minimum: 0,
    expects: 'text',
    problem: (_bytes, start, end) =>
      (end - start) % 2 === 1 ? 'an odd number of octets in UTF-16' : undefined,
    fields: (bytes, start, end) => [{ name, value: text(bytes, start, end), start, end }],
    json(out, bytes, start, end) {
      out.putString(text(bytes, start, end));
    },
    encode(input) {
      if (typeof input !== 'string') return undefined;
      const octets = new Uint8Array(2 * input.length + 2);
      const view = new DataView(octets.buffer);
      for (let at = 0; at < input.length; at++) view.setUint16(2 * at, input.charCodeAt(at), true);
      return octets;
    },
  };
}
