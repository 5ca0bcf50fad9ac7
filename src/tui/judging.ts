/**
 * RFC 8156 conformance beside the list of messages, as they come: the checks of `leasetap check`, which see what the UI
 * sees. What a fault did to a message is no fault of a server: from there on the connection is judged as one that has
 * lost something.
 */
import { Conformance } from '../analyze/checks/conformance.ts';
import type { Finding } from '../analyze/checks/finding.ts';
import { FindingIndex } from '../analyze/checks/finding-index.ts';
import { RecentFindings } from '../analyze/checks/recent-findings.ts';
import type { RuleId } from '../analyze/checks/rules.ts';
import { type Annotations, type Breach, findingsWith } from '../dissect/annotations.ts';
import type { Message } from '../dissect/message.ts';
import type { Notice } from '../dissect/notice.ts';
import type { Verdict } from '../proxy/events.ts';

/** Events about the breaches of one rule; further ones are in the list of messages only. */
const EVENTS_OF_RULE_MAX = 20;

export class Judging {
  readonly #store: FindingIndex | RecentFindings;
  readonly #conformance: Conformance;
  readonly #live: boolean;
  /** Live: connections of which the beginning was seen. */
  readonly #opened = new Set<number>();
  /** Live: connections that are known to the checks. */
  readonly #known = new Set<number>();
  readonly #told = new Map<RuleId, number>();
  #found: Finding[] = [];

  constructor(live: boolean) {
    this.#live = live;
    this.#store = live ? new RecentFindings() : new FindingIndex();
    this.#conformance = new Conformance((finding) => this.#take(finding));
  }

  /** A live connection begins. */
  opened(flowId: number): void {
    this.#opened.add(flowId);
  }

  /** A live connection is over. */
  closed(flowId: number): void {
    this.#opened.delete(flowId);
    this.#known.delete(flowId);
    this.#conformance.closed(flowId);
  }

  notice(notice: Notice): void {
    this.#conformance.notice(notice);
  }

  /** Takes a message as its sender sent it, and what became of it. */
  push(message: Message, verdict: Verdict): void {
    const { id } = message.frame.connection.flow;
    if (this.#live && !this.#known.has(id)) {
      this.#known.add(id);
      if (!this.#opened.has(id)) this.#conformance.midStream(id);
    }
    if (verdict !== 'forwarded') this.#conformance.gap(id);
    if (verdict !== 'injected') this.#conformance.push(message);
  }

  /** The capture ends. */
  end(): void {
    this.#conformance.end();
  }

  /** What was found about a message until now. */
  of(message: Message): readonly Breach[] {
    return this.#store.of(message);
  }

  /** What is known of a message with what was found about it. */
  annotated(message: Message, notes: Annotations): Annotations {
    const breaches = this.of(message);
    if (breaches.length === 0) return notes;
    return { ...notes, breaches, findings: findingsWith(notes.findings, breaches) };
  }

  /** What was found since this was asked last, as far as it is worth an event. */
  news(): readonly Finding[] {
    if (this.#found.length === 0) return this.#found;
    const found = this.#found;
    this.#found = [];
    return found;
  }

  #take(finding: Finding): void {
    this.#store.add(finding);
    const told = this.#told.get(finding.id) ?? 0;
    if (told >= EVENTS_OF_RULE_MAX) return;
    this.#told.set(finding.id, told + 1);
    this.#found.push(finding);
  }
}
