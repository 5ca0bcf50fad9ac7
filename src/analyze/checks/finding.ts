/** What a check says: which rule was broken, by which message, and what else one has to look at. Values only. */
import type { Breach } from '../../dissect/annotations.ts';
import type { Role } from '../relationships.ts';
import { type Keyword, RULES, type RuleId, severityOf } from './rules.ts';

/** A message as far as a finding needs it, so that the message itself need not be kept. */
export interface Said {
  readonly index: number;
  /** Packet of the capture in which it was complete. */
  readonly packet: number;
  /** Number of its connection, as in JSON of messages. */
  readonly connection: number;
  readonly role: Role;
  readonly type: number;
  readonly name: string;
  readonly transactionId: number;
  /** By the sender's clock: absolute seconds since 2000. */
  readonly sentTime: number;
  /** By the capture's clock: Unix milliseconds. */
  readonly atMillis: number;
}

export interface Finding extends Breach {
  readonly id: RuleId;
  readonly keyword: Keyword | null;
  /** Of something that never came: the message after which it is missed. */
  readonly message: Said;
  /** Messages that one needs to see the fault. */
  readonly related: readonly number[];
  /** Address or prefix that it is about, if it is about one. */
  readonly lease: string | undefined;
}

export interface Particulars {
  readonly related?: readonly number[];
  readonly lease?: string | undefined;
  /** Where the rule stands more precisely than the rule itself says. */
  readonly section?: string;
}

/** How checks tell what they find. */
export type Report = (id: RuleId, message: Said, summary: string, particulars?: Particulars) => void;

export function makeFinding(
  id: RuleId,
  message: Said,
  summary: string,
  { related = [], lease, section }: Particulars = {},
): Finding {
  const rule = RULES[id];
  const { rfc, keyword } = rule;
  return {
    id,
    severity: severityOf(keyword),
    rfc,
    section: section ?? rule.section,
    keyword,
    summary,
    message,
    related,
    lease,
  };
}

/** What JSON has of a finding, wherever it is told. A running proxy does not always know the packet: `frame` is null then. */
export function findingFields(finding: Finding): Record<string, unknown> {
  const { id, severity, rfc, section, keyword, message, related, lease, summary } = finding;
  return {
    id,
    severity,
    rfc,
    section,
    keyword,
    message_index: message.index,
    frame: message.packet === 0 ? null : message.packet,
    connection: message.connection,
    message_name: message.name,
    transaction_id: message.transactionId,
    related_indices: related,
    lease: lease ?? null,
    summary,
  };
}
