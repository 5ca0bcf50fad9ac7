/**
 * Compiled definitions: what the walks over octets consult. Compiled once at start; everything here is read-only
 * afterwards and knows no file.
 */
import type { FieldCodec } from './codec.ts';
import type {
  ExampleDefinition,
  FramingDefinition,
  OptionDefinition,
  ProtocolDefinition,
} from './definition.ts';
import type { Piece } from './json-buffer.ts';
import type { OptionLook } from './option-look.ts';

/** What follows the fields of an option. */
export type Tail =
  | { readonly kind: 'none' }
  /** Options of `space`, or, if it is absent, of the space in which the option itself was found. */
  | { readonly kind: 'options'; readonly space?: Space }
  /** The last field holds a message of `protocol`. */
  | { readonly kind: 'message'; readonly protocol: CompiledProtocol }
  /** The last field holds sub-options of the enterprise that the first field, a u32, names. */
  | { readonly kind: 'vendor'; readonly vendors: ReadonlyMap<number, Space> };

export interface OptionCodec {
  readonly code: number;
  readonly name: string;
  readonly section: string | undefined;
  readonly fields: readonly FieldCodec[];
  /** Fewest octets of contents that can be right. */
  readonly minimum: number;
  /** Exact octets of the fields if all of them have a size; then an option without tail has no other length. */
  readonly fixed: number | undefined;
  readonly tail: Tail;
  /** What a glance wants of it. */
  readonly look: OptionLook;
  readonly json: OptionJson;
  readonly definition: OptionDefinition;
}

/** Constant parts of an option's JSON, joined as far as they stand side by side. */
export interface OptionJson {
  /** From the comma in front up to the value of `len`; if that is always the same, up to the value of the first field. */
  readonly head: Piece;
  readonly hasLength: boolean;
  /** From the value of `len` to that of the first field. */
  readonly open: Piece;
  readonly fields: readonly FieldJson[];
  /** What stands behind the last field. */
  readonly close: Piece;
}

/** What writing wants to know of a field. All of one shape, other than codecs: that is half of the speed of `-T jsonl`. */
export interface FieldJson {
  /** What stands before the value, nothing for the first field of an option. */
  readonly lead: Piece | undefined;
  readonly size: number | undefined;
  readonly minimum: number;
  readonly extent: FieldCodec['extent'] | undefined;
  readonly problem: FieldCodec['problem'] | undefined;
  readonly put: FieldCodec['json'];
}

export interface Space {
  readonly name: string;
  readonly byCode: ReadonlyMap<number, OptionCodec>;
  /** The same for small codes, where nearly all are. */
  readonly small: readonly (OptionCodec | undefined)[];
  /** By small code, 1 for options in which a status code may be. */
  readonly tellStatus: Uint8Array;
  /** Names of options that the protocols from which it imports know, and it does not: a hint for people. */
  readonly elsewhere: ReadonlyMap<number, string>;
}

export interface HeaderCodec {
  readonly fields: readonly FieldCodec[];
  readonly size: number;
  /** Offset and size of what every reader wants to know; size 0: the header has none. */
  readonly transactionId: Place;
  readonly sentTime: Place & { readonly epoch: 'time-2000' | 'time-1970' };
  /** Fields that JSON shows by their own names, beside type, transaction-id and sent-time. */
  readonly others: readonly { readonly field: FieldCodec; readonly offset: number; readonly lead: Piece }[];
  /** What JSON has before each field of a message inside an option. */
  readonly leads: readonly Piece[];
  /** Offset of the octet that says where the options begin, counted from the length prefix; -1: none. */
  readonly optionsOffset: number;
  /** What that octet may say although the options begin behind the whole header: in a dialect, or in any while none is known. */
  readonly falseOffsets: readonly number[];
}

export interface Place {
  readonly offset: number;
  readonly size: number;
}

export interface MessageCodec {
  readonly code: number;
  /** The type by which the standard knows the message of this name; `NO_MEANING` if it has none. Differs in dialects alone. */
  readonly standardType: number;
  /** `null` for the codec that reads messages of unknown types. */
  readonly name: string | null;
  readonly section: string | undefined;
  readonly header: HeaderCodec;
  /** From the value of `msg_type`, if that is known, up to the value of `transaction_id`. */
  readonly jsonName: Piece;
  readonly examples: readonly ExampleDefinition[];
}

export interface CompiledProtocol {
  readonly name: string;
  readonly title: string;
  readonly reference: string;
  readonly file: string;
  readonly definition: ProtocolDefinition;
  readonly framing: FramingDefinition | undefined;
  readonly messages: ReadonlyMap<number, MessageCodec>;
  /** What reads a message of each type: `unknown` where `messages` has none. */
  readonly byType: readonly MessageCodec[];
  readonly unknown: MessageCodec;
  readonly space: Space;
  readonly spaces: ReadonlyMap<string, Space>;
  /** The same protocol as speakers of a dialect mean it. */
  readonly dialects: ReadonlyMap<string, CompiledProtocol>;
}

/** How small a code must be to be found by index. */
export const SMALL_CODE_MAX = 255;

export function emptySpace(name: string): Space {
  const tellStatus = new Uint8Array(SMALL_CODE_MAX + 1);
  return { name, byCode: new Map(), small: [], tellStatus, elsewhere: new Map() };
}

export function optionOf(space: Space, code: number): OptionCodec | undefined {
  return code <= SMALL_CODE_MAX ? space.small[code] : space.byCode.get(code);
}

export function messageOf(protocol: CompiledProtocol, type: number): MessageCodec {
  return protocol.byType[type] ?? protocol.unknown;
}
