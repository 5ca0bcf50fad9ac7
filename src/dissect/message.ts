/**
 * A dissected frame: what every view, check, filter and fault works on. Reading is lazy: type and header come first,
 * the tree of options is built when somebody asks. All offsets are positions in `frame.bytes`, so that a field can be
 * marked in a hex dump and patched where it stands.
 */
import type { Frame, ProtocolName } from '../base/frame.ts';
import type { Problem } from '../base/problem.ts';
import type { Glance } from './glance.ts';
import type { JsonBuffer } from './json-buffer.ts';
import type { Facts } from './message-facts.ts';

/** Numbers as on the wire, addresses and names as text, octet strings as lower-case hex. */
export type FieldValue = number | string | readonly (string | number)[] | null;

/** One field under its RFC name, e.g. `valid-lifetime`, and its companions such as `binding-status-name`. */
export interface Field {
  readonly name: string;
  readonly value: FieldValue;
  /** Octets `[start, end)` of `frame.bytes`. */
  readonly start: number;
  readonly end: number;
  /** What a person reads where it differs from the value: enumeration name, ISO time, flag names. */
  readonly display?: string;
  /** Says no more than the field before it in another form (`-name`, `-names`, parts of a DUID): JSON has it. */
  readonly companion?: true;
}

/** Something in the octets that is not as its definition says. */
export interface ReadProblem extends Problem {
  /** What the message as a whole is said to suffer from, where that differs from what is said of the option. */
  readonly headline?: string;
  /** The octets, in hex, that could not be read because of it. */
  readonly octets?: string;
}

/**
 * What a node stands for: a message (the whole one, or one inside an option), an option, a vendor's sub-option, or
 * a stretch of octets that could not be read at all.
 */
export type NodeKind = 'message' | 'option' | 'sub-option' | 'octets';

/** An option, or a message: the whole one or one inside an option. */
export interface TreeNode {
  readonly kind: NodeKind;
  /** RFC name, e.g. `OPTION_IAADDR` or `BNDUPD`; `null` where no dissector knows the code. */
  readonly name: string | null;
  /** Option or message code; `null` where there is none. */
  readonly code: number | null;
  /** Whether its dissector says that options follow its fields; `children` may still be empty. */
  readonly encapsulates: boolean;
  readonly start: number;
  readonly end: number;
  readonly fields: readonly Field[];
  readonly children: readonly TreeNode[];
  readonly problems: readonly ReadProblem[];
}

/** See `MessageReader` for messages that are overwritten by the next one. */
export interface Message {
  /** 0, 1, 2, … over the whole capture or session, as in JSON output. */
  readonly index: number;
  readonly frame: Frame;
  readonly protocol: ProtocolName;
  /** -1 for a message without octets. */
  readonly msgType: number;
  /** The type by which the standard knows what this means; a dialect may have another. `NO_MEANING` if it knows none. */
  readonly standardType: number;
  /** `null` for a type that no dissector knows. */
  readonly msgName: string | null;
  /** `null` where the message is too short to have one. */
  readonly transactionId: number | null;
  /** Absolute seconds since 2000; `null` where the header has none. */
  readonly sentTime: number | null;
  /** Octets of the message, without length prefix. */
  readonly size: number;
  /** What one walk over the octets finds; overwritten by the next glance at any message. */
  glance(): Glance;
  /** The same as values that may be kept. */
  facts(): Facts;
  /** The status code that a glance would find, without all the rest. */
  statusCode(): number;
  /** Everything that could not be read as its dissector says, over the whole tree. */
  problems(): readonly ReadProblem[];
  /** The whole tree; built once, on demand. */
  tree(): TreeNode;
  /** One line of `-T jsonl`, without newline. For many messages, `writeJson` into one buffer is twice as fast. */
  json(): string;
  /** Appends what `json()` returns, as UTF-8. */
  writeJson(out: JsonBuffer): void;
  /** Appends the beginning of that: all members before `options`. */
  writeHead(out: JsonBuffer): void;
}
