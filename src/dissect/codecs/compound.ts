/** Field types that hold more than one value: virtual subnet selection, choices and lists of another type. */
import { concatBytes, toHex } from '../../base/bytes.ts';
import type { FieldCodec } from '../codec.ts';
import { CLOSE_BRACKET, COMMA, jsonKey, OPEN_BRACKET, QUOTE } from '../codec.ts';
import { type JsonBuffer, Piece } from '../json-buffer.ts';
import type { Field } from '../message.ts';
import type { Enumeration } from './numbers.ts';
import { codeOf, numberOctets } from './numbers.ts';
import { bytesCodec, putText, textOf } from './octets.ts';

const VPN_IDENTIFIER = new Piece(',"vpn-identifier":');
const VSS_NVT_ASCII = 0;
const VSS_VPN_ID = 1;
const VSS_GLOBAL = 255;
/** Type octet and a 7-octet VPN-ID (RFC 6607 §3.5, RFC 2685). */
const VSS_VPN_ID_OCTETS = 8;

/** Virtual subnet selection (RFC 6607 §3.5): `type`, `VSS-information`, and the name of the VPN if the type is a name. */
export function vssCodec(name: string): FieldCodec {
  const information = new Piece(`,${JSON.stringify(name)}:"`);
  const fields = (bytes: Uint8Array, start: number, end: number): Field[] => {
    if (end === start) return [];
    const type = bytes[start] as number;
    const found: Field[] = [
      { name: 'type', value: type, start, end: start + 1 },
      { name, value: toHex(bytes, start + 1, end), start: start + 1, end },
    ];
    if (type === VSS_NVT_ASCII) {
      const text = textOf(bytes, start + 1, end);
      found.push({ name: 'vpn-identifier', value: text, start: start + 1, end, companion: true });
    }
    return found;
  };
  return {
    name,
    jsonLead: jsonKey('type'),
    size: undefined,
    minimum: 1,
    expects: 'the octets of VSS type and information in hex',
    problem(bytes, start, end) {
      const type = bytes[start] as number;
      if (type === VSS_VPN_ID && end - start !== VSS_VPN_ID_OCTETS) {
        return `VPN-ID of ${end - start - 1} octets is not ${VSS_VPN_ID_OCTETS - 1}`;
      }
      return type === VSS_GLOBAL && end - start > 1 ? 'VSS information with type 255' : undefined;
    },
    fields,
    json(out, bytes, start, end) {
      const type = bytes[start] as number;
      out.putNumber(type);
      out.put(information);
      out.putHex(bytes, start + 1, end);
      out.putCode(QUOTE);
      if (type !== VSS_NVT_ASCII) return;
      out.put(VPN_IDENTIFIER);
      putText(out, bytes, start + 1, end);
    },
    encode: bytesCodec(name).encode,
    encodeMembers(members) {
      const type = numberOctets(members.get('type'), 1);
      const information = bytesCodec(name).encode((members.get(name) ?? '') as string);
      return type === undefined || information === undefined ? undefined : concatBytes([type, information]);
    },
  };
}

/** What may be chosen, and how much it is preferred: an octet each. As text: `SAI 2`, or `9 2` for what has no name. */
export function preferenceCodec(name: string, choices: Enumeration): FieldCodec {
  const text = (bytes: Uint8Array, start: number): string =>
    `${choices.get(bytes[start] as number) ?? bytes[start]} ${bytes[start + 1]}`;
  return {
    name,
    jsonLead: jsonKey(name),
    size: 2,
    minimum: 2,
    expects: `a name or number and a preference, such as ${text(Uint8Array.of(0, 1), 0)}`,
    fields: (bytes, start, end) => [{ name, value: text(bytes, start), start, end }],
    json: (out, bytes, start) => out.putString(text(bytes, start)),
    encode(input) {
      const [, choice, preference] = (typeof input === 'string' && /^(.+) (\d+)$/.exec(input)) || [];
      const octets = [codeOf(choices, choice) ?? choice, preference].map((part) => numberOctets(part, 1));
      return octets.every((octet) => octet !== undefined) ? concatBytes(octets) : undefined;
    },
  };
}

/**
 * A list of one type to the end of the option: values as a JSON array, and names, if the type has them, as
 * `NAME-names`. `one` must have a size or an extent.
 */
export function listCodec(one: FieldCodec): FieldCodec {
  const { name } = one;
  const namesKey = new Piece(`,${jsonKey(`${name}-names`)}`);
  const fields = (bytes: Uint8Array, start: number, end: number): Field[] => {
    const values: (string | number)[] = [];
    const names: string[] = [];
    let named = false;
    for (let at = start; at < end; ) {
      const octets = one.size ?? one.extent?.(bytes, at, end) ?? -1;
      if (octets <= 0 || at + octets > end) break;
      const [field, companion] = one.fields(bytes, at, at + octets);
      values.push(field?.value as string | number);
      names.push(`${companion?.value ?? field?.value}`);
      named ||= companion !== undefined;
      at += octets;
    }
    const list: Field = { name, value: values, start, end, ...(named && { display: names.join(', ') }) };
    return named ? [list, { name: `${name}-names`, value: names, start, end, companion: true }] : [list];
  };
  return {
    name,
    jsonLead: jsonKey(name),
    size: undefined,
    minimum: 0,
    expects: `a list, each entry ${one.expects}`,
    problem(bytes, start, end) {
      for (let at = start; at < end; ) {
        const octets = one.size ?? one.extent?.(bytes, at, end) ?? -1;
        if (octets <= 0 || at + octets > end) return `${end - at} octets at the end are no whole entry`;
        const inner = one.problem?.(bytes, at, at + octets);
        if (inner !== undefined) return inner;
        at += octets;
      }
      return undefined;
    },
    fields,
    json(out, bytes, start, end) {
      if (one.jsonEntry === undefined) {
        putList(out, one.size ?? one, bytes, start, end, one.json);
        return;
      }
      putList(out, one.size ?? one, bytes, start, end, one.jsonEntry.value);
      if (start === end) return;
      out.put(namesKey);
      putList(out, one.size ?? one, bytes, start, end, one.jsonEntry.name);
    },
    encode(input) {
      if (!Array.isArray(input)) return undefined;
      const octets: number[] = [];
      for (const value of input) {
        const encoded = one.encode(value);
        if (encoded === undefined) return undefined;
        octets.push(...encoded);
      }
      return Uint8Array.from(octets);
    },
  };
}

/** `[…]` of the entries in `bytes[start, end)`, which fill it; `sizes` is their size or the type that finds it. */
function putList(
  out: JsonBuffer,
  sizes: number | FieldCodec,
  bytes: Uint8Array,
  start: number,
  end: number,
  put: FieldCodec['json'],
): void {
  out.putCode(OPEN_BRACKET);
  for (let at = start; at < end; ) {
    const octets = typeof sizes === 'number' ? sizes : (sizes.extent?.(bytes, at, end) ?? end - at);
    if (at > start) out.putCode(COMMA);
    put(out, bytes, at, at + octets);
    at += octets;
  }
  out.putCode(CLOSE_BRACKET);
}
