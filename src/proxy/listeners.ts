/** Who listens to one relationship of a proxy, and the name under which they hear of it. */
import type { ProxyEvent } from './events.ts';

type Listener = (event: ProxyEvent) => void;

export class Listeners {
  private readonly relationship: string | undefined;
  private readonly all = new Set<Listener>();

  /** `relationship`: absent if it is the only one. */
  constructor(relationship: string | undefined) {
    this.relationship = relationship;
  }

  get isEmpty(): boolean {
    return this.all.size === 0;
  }

  /** Returns what to call in order not to listen any more. */
  add(listener: Listener): () => void {
    this.all.add(listener);
    return () => this.all.delete(listener);
  }

  /** The event with the name of the relationship. */
  labelled(event: ProxyEvent): ProxyEvent {
    return this.relationship === undefined ? event : { ...event, relationship: this.relationship };
  }

  tell(labelled: ProxyEvent): void {
    for (const listener of this.all) listener(labelled);
  }
}
