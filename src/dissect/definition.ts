/**
 * What a dissector file says, after it was checked: plain data, nothing compiled. docs/writing-a-dissector.md explains
 * the keys. There are no expressions: what a file can say about octets is the closed list of field types below.
 */

/** Name to code, or code to name, as written in a file. */
export type Names = ReadonlyMap<number, string>;

export const FIELD_TYPES = [
  'u8',
  'u16',
  'u24',
  'u32',
  'time-2000',
  'time-1970',
  'ipv4',
  'ipv4-reversed',
  'ipv6',
  'short-prefix',
  'subnet-id',
  'bytes',
  'text',
  'utf16le',
  'link-layer',
  'domain-name',
  'domain-names',
  'duid',
  'vss',
  'counted-bytes',
  'counted-text',
  'short-text',
  'preference',
  'message',
  'vendor-options',
] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

/** Where the length of a field stands in front of it: in one octet or in two. */
export const COUNTS = ['u8', 'u16'] as const;
export type Count = (typeof COUNTS)[number];

export const UNITS = ['seconds', 'hundredths'] as const;
export type Unit = (typeof UNITS)[number];

/** What a header field means to a reader of any protocol. */
export const ROLES = ['msg-type', 'transaction-id', 'sent-time', 'options-offset'] as const;
export type Role = (typeof ROLES)[number];

export interface FieldDefinition {
  readonly name: string;
  readonly type: FieldType;
  /** Octets, for `bytes`. Absent: all that is left. */
  readonly length?: number;
  /** Name of an enumeration of the same file. */
  readonly enum?: string;
  /** Bit number, 0 being the least significant, to name. */
  readonly flags?: Names;
  readonly unit?: Unit;
  /** The type repeats to the end of the option. */
  readonly repeat?: boolean;
  /** Its length in octets stands in front; that of the whole list if it repeats. */
  readonly counted?: Count;
  /** It may be missing at the end of the option, with everything behind it. */
  readonly optional?: boolean;
  readonly role?: Role;
}

/** Octets and what must come out of them. */
export interface ExampleDefinition {
  /** Hex of an option's contents, or of a whole message without length prefix. */
  readonly hex: string;
  /** Fields under their names; those that are not named are not compared. */
  readonly expect: Readonly<Record<string, unknown>>;
  /** Whether the fields above, encoded again, give the same octets. Default: yes. */
  readonly encodes?: boolean;
}

export interface OptionDefinition {
  readonly code: number;
  readonly name: string;
  /** Where it is defined, e.g. `RFC 8156 §5.5.1`. */
  readonly section?: string;
  readonly fields: readonly FieldDefinition[];
  /** Options follow the fields: `same` for those of the enclosing message, or the name of a space. */
  readonly encapsulates?: string;
  readonly examples: readonly ExampleDefinition[];
}

export interface MessageDefinition {
  readonly code: number;
  readonly name: string;
  readonly section?: string;
  /** Name of a header of the same file. */
  readonly header: string;
  readonly examples: readonly ExampleDefinition[];
}

/** One option space beside the main one. */
export interface SpaceDefinition {
  readonly name: string;
  readonly options: readonly OptionDefinition[];
}

/** A way of speaking the protocol otherwise: what is here takes the place of what the file says elsewhere. */
export interface DialectDefinition {
  readonly name: string;
  /** 1970: all times that should count from 2000 count from 1970. */
  readonly epoch?: 1970;
  /** What its headers say of where options begin, although they begin behind the whole header. Shows the dialect. */
  readonly optionsOffset?: number;
  readonly messages: readonly MessageDefinition[];
  readonly options: readonly OptionDefinition[];
  /** Codes of options of the standard that it does not have. */
  readonly without: readonly number[];
}

/** How a TCP direction is cut: whether the two length octets count themselves, and which lengths can be right. */
export interface FramingDefinition {
  readonly counts: 'message' | 'message-and-prefix';
  /** Smallest and largest value of the length prefix. */
  readonly minimum: number;
  readonly maximum: number;
}

export interface ProtocolDefinition {
  readonly kind: 'protocol';
  readonly protocol: string;
  readonly title: string;
  readonly reference: string;
  readonly framing?: FramingDefinition;
  readonly enums: ReadonlyMap<string, Names>;
  readonly headers: ReadonlyMap<string, readonly FieldDefinition[]>;
  /** Header of messages whose type no definition knows. */
  readonly unknownHeader: string;
  readonly messages: readonly MessageDefinition[];
  readonly imports: readonly { readonly from: string; readonly codes: readonly number[] | 'all' }[];
  readonly options: readonly OptionDefinition[];
  readonly spaces: readonly SpaceDefinition[];
  readonly dialects: readonly DialectDefinition[];
}

/** Sub-options of one enterprise in OPTION_VENDOR_OPTS. */
export interface VendorDefinition {
  readonly kind: 'vendor';
  readonly enterprise: number;
  readonly title: string;
  readonly reference: string;
  readonly enums: ReadonlyMap<string, Names>;
  readonly options: readonly OptionDefinition[];
  readonly spaces: readonly SpaceDefinition[];
}

export type Definition = ProtocolDefinition | VendorDefinition;

/** A definition and the file it came from, for error messages and `dissectors list`. */
export interface DefinitionFile {
  readonly file: string;
  readonly definition: Definition;
}
