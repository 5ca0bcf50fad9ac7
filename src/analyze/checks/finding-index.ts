/**
 * Which message breaks which rules, over a whole file: judged in a first pass, asked in the second. Four octets a message
 * and five a finding; sentences are kept of so many only.
 */
import type { Breach } from '../../dissect/annotations.ts';
import type { Message } from '../../dissect/message.ts';
import { Conformance } from './conformance.ts';
import type { Finding } from './finding.ts';
import { breachOf, RULE_IDS, type RuleId } from './rules.ts';

/** Findings of which it is kept what was seen; of the others it can be told what the rule asks. */
export const SENTENCES_MAX = 50_000;

const FIRST_CAPACITY = 1 << 12;
const RULE_NUMBERS: ReadonlyMap<RuleId, number> = new Map(RULE_IDS.map((id, number) => [id, number]));

export class FindingIndex {
  /** First pass: takes messages and remarks, and what is missing at the end. */
  readonly judge: Conformance;
  /** By index of the message: the number of its newest finding plus one. */
  private newest = new Uint32Array(FIRST_CAPACITY);
  /** By number of the finding: the one before it about the same message, plus one; and its rule. */
  private before = new Uint32Array(FIRST_CAPACITY);
  private rules = new Uint8Array(FIRST_CAPACITY);
  private readonly sentences: Pick<Finding, 'section' | 'summary'>[] = [];
  private count = 0;

  constructor() {
    this.judge = new Conformance((finding) => this.add(finding));
  }

  add({ id, message, section, summary }: Finding): void {
    const number = this.count++;
    this.newest = withRoom(this.newest, message.index);
    this.before = withRoom(this.before, number);
    this.rules = withRoom(this.rules, number);
    this.before[number] = this.newest[message.index] as number;
    this.rules[number] = RULE_NUMBERS.get(id) as number;
    this.newest[message.index] = number + 1;
    if (number < SENTENCES_MAX) this.sentences.push({ section, summary });
  }

  /** What was found about a message, in the order in which it was found. */
  of({ protocol, index }: Pick<Message, 'protocol' | 'index'>): readonly Breach[] {
    if (protocol !== 'dhcpv6-failover') return NONE;
    let number = this.newest[index] ?? 0;
    if (number === 0) return NONE;
    const breaches: Breach[] = [];
    for (; number !== 0; number = this.before[number - 1] as number) {
      const id = RULE_IDS[this.rules[number - 1] as number] as RuleId;
      breaches.push(breachOf(id, this.sentences[number - 1]));
    }
    return breaches.reverse();
  }
}

const NONE: readonly Breach[] = [];

function withRoom<T extends Uint32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>>(column: T, index: number): T {
  if (index < column.length) return column;
  const larger = new (column.constructor as new (length: number) => T)(
    Math.max(column.length * 2, index + 1),
  );
  larger.set(column);
  return larger;
}
