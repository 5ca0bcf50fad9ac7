/** Field definitions to codecs: the one place that knows which codec each field type of a file means. */
import { InputError } from '../base/problem.ts';
import type { FieldCodec } from './codec.ts';
import { ipv4Codec, ipv6Codec, shortPrefixCodec } from './codecs/addresses.ts';
import { listCodec, preferenceCodec, vssCodec } from './codecs/compound.ts';
import { duidCodec } from './codecs/duid.ts';
import { domainNameCodec, domainNamesCodec } from './codecs/names.ts';
import type { NumberSize } from './codecs/numbers.ts';
import { DISPLAYS, enumCodec, flagsCodec, numberCodec } from './codecs/numbers.ts';
import { bytesCodec, linkLayerCodec, textCodec, utf16Codec } from './codecs/octets.ts';
import { subnetIdCodec } from './codecs/subnet-id.ts';
import { countedBy, optionalCodec } from './codecs/wrapped.ts';
import type { FieldDefinition, Names } from './definition.ts';

/** What a field of one file may refer to. */
export interface FieldScope {
  readonly file: string;
  readonly enums: ReadonlyMap<string, Names>;
  /** Names of message types, for the field that is one. */
  readonly messages: Names;
}

const NUMBER_SIZES: Readonly<Record<string, NumberSize>> = { u8: 1, u16: 2, u24: 3, u32: 4 };

/** The codec of one field. Throws InputError for an enumeration that the file does not define. */
export function compileField(definition: FieldDefinition, scope: FieldScope): FieldCodec {
  const one = compileOne(definition, scope);
  const all = definition.repeat === true ? listCodec(one) : one;
  const counted =
    definition.counted === undefined ? all : countedBy(all, definition.counted === 'u8' ? 1 : 2);
  return definition.optional === true ? optionalCodec(counted) : counted;
}

function compileOne(definition: FieldDefinition, scope: FieldScope): FieldCodec {
  const { name, type } = definition;
  const size = NUMBER_SIZES[type];
  if (size !== undefined) return compileNumber(definition, size, scope);
  switch (type) {
    case 'time-2000':
    case 'time-1970':
      return numberCodec(name, 4, DISPLAYS[type]);
    case 'ipv4':
      return ipv4Codec(name);
    case 'ipv4-reversed':
      return ipv4Codec(name, true);
    case 'ipv6':
      return ipv6Codec(name);
    case 'short-prefix':
      return shortPrefixCodec(name);
    case 'subnet-id':
      return subnetIdCodec(name);
    case 'preference':
      return preferenceCodec(name, namesOf(definition, scope));
    case 'text':
      return textCodec(name);
    case 'utf16le':
      return utf16Codec(name);
    case 'link-layer':
      return linkLayerCodec(name);
    case 'domain-name':
      return domainNameCodec(name);
    case 'domain-names':
      return domainNamesCodec(name);
    case 'duid':
      return duidCodec(name);
    case 'vss':
      return vssCodec(name);
    case 'counted-bytes':
      return countedBy(bytesCodec(name), 2);
    case 'counted-text':
      return countedBy(textCodec(name), 2);
    case 'short-text':
      return countedBy(textCodec(name), 1);
    default:
      return bytesCodec(name, definition.length);
  }
}

function compileNumber(definition: FieldDefinition, size: NumberSize, scope: FieldScope): FieldCodec {
  const { name } = definition;
  if (definition.flags !== undefined) return flagsCodec(name, size, definition.flags);
  if (definition.role === 'msg-type') return enumCodec(name, size, scope.messages);
  if (definition.enum !== undefined) return enumCodec(name, size, namesOf(definition, scope));
  return numberCodec(name, size, definition.unit === undefined ? undefined : DISPLAYS[definition.unit]);
}

/** The enumeration of a field; none: no names. */
function namesOf({ name, enum: wanted }: FieldDefinition, scope: FieldScope): Names {
  if (wanted === undefined) return new Map();
  const names = scope.enums.get(wanted);
  if (names !== undefined) return names;
  throw new InputError(`${scope.file}: field ${name}: enum ${wanted} is not defined`);
}
