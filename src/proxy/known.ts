/**
 * What the wire has shown of both endpoints of every relationship so far: told first to whoever begins to listen, since
 * servers announce nothing anew for somebody who comes late. Fed with all events; what they mean is for src/analyze.
 */
import { type Relationship, Relationships } from '../analyze/relationships.ts';
import type { ProxyEvent } from './events.ts';

/** The first event of a stream. */
export interface Known {
  readonly kind: 'known';
  /** The longest silent one first. */
  readonly relationships: readonly Relationship[];
}

export class KnownSoFar {
  private readonly relationships = new Relationships();

  event(event: ProxyEvent): void {
    if (event.kind === 'message') this.relationships.push(event.onward ?? event.message);
    else if (event.kind === 'connection-down') this.relationships.down(event.connection.flow.id);
  }

  /** Of all, or of the one that its user gave this name. */
  of(name?: string): Known {
    const all = this.relationships.all();
    const relationships =
      name === undefined ? all : all.filter(({ connection }) => connection.relationship === name);
    return { kind: 'known', relationships };
  }
}
