/**
 * Where the terminal UI gets everything from and gives its orders to: a running proxy in this process (lab), one behind
 * a control connection (watch), or a capture file. Nothing here knows about terminals, and the UI knows nothing else.
 */
import type { Finding } from '../analyze/checks/finding.ts';
import type { Relationship } from '../analyze/relationships.ts';
import type { Message } from '../dissect/message.ts';
import type { Notice } from '../dissect/notice.ts';
import type { FaultView, Verdict } from '../proxy/events.ts';
import type { FaultSpec } from '../proxy/faults/spec.ts';
import type { FaultHit } from '../proxy/stage.ts';
import type { RowStore } from './row-store.ts';

/** What a server says about itself through its control connection. What it says on the wire is in the analysis. */
export interface ServerStatus {
  readonly role: 'primary' | 'secondary';
  readonly name: string;
  /** RFC 8156 §8 name, e.g. `NORMAL`; `down` while it does not answer. */
  readonly state: string;
  /** What it will do next, e.g. `CONTACT`; absent if it waits for others. */
  readonly next?: string;
  /** Unix milliseconds at which it will. */
  readonly nextAtMillis?: number;
  readonly leases?: number;
}

export type SessionItem =
  | {
      readonly kind: 'message';
      /** As the sender sent it. */
      readonly message: Message;
      /** As the receiver got it, where that differs. */
      readonly onward?: Message;
      /** Live only; a message of a file was forwarded by whoever carried it. */
      readonly verdict: Verdict;
      readonly hits: readonly FaultHit[];
    }
  | { readonly kind: 'notice'; readonly notice: Notice }
  /** Files only, after `end`: the same once more for the checks, which take longer than listing; then their end. */
  | { readonly kind: 'judge'; readonly look: Message | Notice }
  | { readonly kind: 'judged' }
  /** Something to tell in one line: a connection came or went, a fault hit it, a scenario moved on. */
  | {
      readonly kind: 'note';
      readonly atMillis: number;
      readonly text: string;
      readonly alarming: boolean;
      /** The flow that is over with this: its windows and timers no longer count. */
      readonly closedFlow?: number;
    }
  /** Live only: a rule that a message has broken, some time after the message. */
  | { readonly kind: 'finding'; readonly finding: Finding; readonly relationship?: string }
  /** What was seen of these relationships before anybody listened. */
  | { readonly kind: 'known'; readonly relationships: readonly Relationship[] }
  | { readonly kind: 'faults'; readonly faults: readonly FaultView[] }
  | { readonly kind: 'servers'; readonly servers: readonly ServerStatus[] }
  /** A file has been read to its end, or a live session is over. */
  | { readonly kind: 'end'; readonly text: string };

export interface Session {
  /** Shown at the top: `lab`, the control address, the file name. */
  readonly title: string;
  /** Whether time goes on: timers count down against the clock; in a file they stand at its last message. */
  readonly live: boolean;
  /**
   * Where its messages are kept so that all of them can be shown; absent: the newest ones are kept as objects. With it, a
   * message of an item is overwritten by the next one.
   */
  readonly rows?: RowStore;
  /** Calls `listener` for everything that has been (as far as it is kept) and will be; returns how to stop that. */
  subscribe(listener: (item: SessionItem) => void): () => void;
  /** Absent where nothing can be faulted. Both resolve when done and reject with InputError when refused. */
  readonly faults?: {
    arm(spec: FaultSpec): Promise<FaultView>;
    remove(id: string): Promise<void>;
  };
  /** A line from the `:` prompt that the UI does not know itself, e.g. `secondary partner-down`; resolves to the answer. */
  command?(line: string): Promise<string>;
}
