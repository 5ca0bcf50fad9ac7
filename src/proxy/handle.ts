/**
 * What one can do with a running proxy in its process: one relationship (ProxySession, ProxyEngine) or all of them
 * (ProxyGroup). Over the control the same is asked with requests. Views need nothing else of this room than this file,
 * events.ts and faults/spec.ts.
 */
import type { FaultView, ProxyEvent, ProxyStats } from './events.ts';
import type { FaultSpec } from './faults/spec.ts';

export interface ProxyHandle {
  /** Calls `listener` for every event from now on; returns how to stop that. A listener must not throw. */
  subscribe(listener: (event: ProxyEvent) => void): () => void;
  /** Takes effect with the next message that arrives. Throws InputError if the spec makes no sense. */
  armFault(spec: FaultSpec): FaultView;
  /** Throws InputError for what `armFault` would refuse. */
  checkFault(spec: FaultSpec): void;
  /** What the fault holds goes onward, in order. `false` if there is no such fault. */
  removeFault(id: string): boolean;
  listFaults(): readonly FaultView[];
  /**
   * Lets what a `hold` fault keeps go: all of it, or what is at these positions of the view's `waiting`, in this order.
   * `false` if there is nothing to let go.
   */
  release(id: string, order?: readonly number[]): boolean;
  /** Lets the oldest go, of all directions and connections; `false` if it keeps none. */
  step(id: string): boolean;
  stats(): ProxyStats;
}
