/**
 * What the checks of `leasetap check` have found, beside the list of messages. A file is judged here, a running proxy
 * judges itself (src/proxy/judge) and tells.
 */
import { Conformance } from '../analyze/checks/conformance.ts';
import type { Finding } from '../analyze/checks/finding.ts';
import { FindingIndex } from '../analyze/checks/finding-index.ts';
import { RecentFindings } from '../analyze/checks/recent-findings.ts';
import type { RuleId } from '../analyze/checks/rules.ts';
import { type Annotations, type Breach, findingsWith } from '../dissect/annotations.ts';
import type { Message } from '../dissect/message.ts';
import type { Notice } from '../dissect/notice.ts';

/** Events about the breaches of one rule; further ones are in the list of messages only. */
const EVENTS_OF_RULE_MAX = 20;

export class Judging {
  private readonly store: FindingIndex | RecentFindings;
  private readonly conformance: Conformance;
  private readonly told = new Map<RuleId, number>();
  private untold: Finding[] = [];

  constructor(live: boolean) {
    this.store = live ? new RecentFindings() : new FindingIndex();
    this.conformance = new Conformance((finding) => this.found(finding));
  }

  notice(notice: Notice): void {
    this.conformance.notice(notice);
  }

  /** Takes the next message of a file. */
  push(message: Message): void {
    this.conformance.push(message);
  }

  /** The file ends. */
  end(): void {
    this.conformance.end();
  }

  /** Takes what was found. */
  found(finding: Finding): void {
    this.store.add(finding);
    const told = this.told.get(finding.id) ?? 0;
    if (told >= EVENTS_OF_RULE_MAX) return;
    this.told.set(finding.id, told + 1);
    this.untold.push(finding);
  }

  /** What was found about a message until now. */
  of(message: Message): readonly Breach[] {
    return this.store.of(message);
  }

  /** What is known of a message with what was found about it. */
  annotated(message: Message, notes: Annotations): Annotations {
    const breaches = this.of(message);
    if (breaches.length === 0) return notes;
    return { ...notes, breaches, findings: findingsWith(notes.findings, breaches) };
  }

  /** What was found since this was asked last, as far as it is worth an event. */
  news(): readonly Finding[] {
    if (this.untold.length === 0) return this.untold;
    const found = this.untold;
    this.untold = [];
    return found;
  }
}
