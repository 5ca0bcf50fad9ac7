/**
 * What the wire has shown of both endpoints of every relationship so far, and what was found: told first to whoever begins
 * to listen, since servers announce nothing anew for somebody who comes late. Fed with all events; what they mean is for
 * src/analyze.
 */
import { type Relationship, Relationships } from '../analyze/relationships.ts';
import type { ProxyEvent } from './events.ts';

/** Older findings are forgotten; the log of the proxy has them all. */
const FINDINGS_MAX = 100;

type FindingEvent = ProxyEvent & { readonly kind: 'finding' };

/** The first event of a stream. */
export interface Known {
  readonly kind: 'known';
  /** The longest silent one first. */
  readonly relationships: readonly Relationship[];
  /** The newest, the oldest of them first. */
  readonly findings: readonly FindingEvent[];
}

export class KnownSoFar {
  private readonly relationships = new Relationships();
  private findings: readonly FindingEvent[] = [];

  event(event: ProxyEvent): void {
    if (event.kind === 'message') this.relationships.push(event.onward ?? event.message);
    else if (event.kind === 'finding') this.findings = [...this.findings, event].slice(-FINDINGS_MAX);
    else if (event.kind === 'connection-down') this.relationships.down(event.connection.flow.id);
  }

  /** Of all, or of the one that its user gave this name. */
  of(name?: string): Known {
    const isMeant = ({ relationship }: { readonly relationship?: string }): boolean =>
      name === undefined || relationship === name;
    return {
      kind: 'known',
      relationships: this.relationships.all().filter(({ connection }) => isMeant(connection)),
      findings: this.findings.filter(isMeant),
    };
  }
}
