/**
 * What one can do with a running proxy: the same interface in process (ProxySession: lab, tests) and over the control
 * connection (watch, fault commands). Views need nothing else of this room than this file, events.ts and faults/spec.ts.
 */

import type { FaultView, ProxyEvent, ProxyStats } from './events.ts';
import type { FaultSpec } from './faults/spec.ts';

export interface ProxyHandle {
  /** Calls `listener` for every event from now on; returns how to stop that. A listener must not throw. */
  subscribe(listener: (event: ProxyEvent) => void): () => void;
  /** Takes effect with the next message that arrives. Throws InputError if the spec makes no sense. */
  armFault(spec: FaultSpec): FaultView;
  /** What the fault holds goes onward, in order. `false` if there is no such fault. */
  removeFault(id: string): boolean;
  listFaults(): readonly FaultView[];
  /** Lets a `hold` fault's messages go: in the order of the given positions (0 is the oldest), then the rest. */
  release(id: string, order?: readonly number[]): boolean;
  /** Lets the oldest message that a `hold` fault keeps go, of all directions and connections; `false` if it keeps none. */
  step(id: string): boolean;
  stats(): ProxyStats;
}
