/**
 * What goes into an endpoint and what comes out: these unions are the whole seam between the engine and the world. The
 * driver (or the simulator) feeds one Input at a time with the time it happened and carries out the Outputs in order.
 *
 * Persist first: the engine holds back by itself whatever must wait for stable storage. After a `persist` the driver
 * commits the records and feeds `stored` with the same token; commits may be batched, but tokens come back in order.
 */
import type { ClientIa, Holder, Lease, Resource } from './lease.ts';
import type { EndpointState, LastingState } from './state.ts';

/** What an operator may ask of an endpoint. */
export type OperatorCommand =
  /** The partner is known to be down: enter PARTNER-DOWN (§8.4). */
  | { readonly kind: 'partner-down' }
  /** Make an abandoned lease usable again (§7.2, RESET). */
  | { readonly kind: 'reset'; readonly resource: Resource }
  /** Send what is queued, then DISCONNECT with ServerShuttingDown (§5.3.10). */
  | { readonly kind: 'shutdown' };

/** A change that serving a client makes. The service decides it; the endpoint works out times and statuses. */
export type LeaseChange =
  /** A new lease, a renewal or a rebinding: what the client is told. Lifetimes in seconds. */
  | {
      readonly kind: 'bind';
      readonly resource: Resource;
      readonly holder: Holder;
      /** The valid lifetime that configuration wants (§4.4 "desired lifetime"), seconds. */
      readonly desiredLifetime: number;
    }
  | { readonly kind: 'release'; readonly resource: Resource; readonly client: ClientIa }
  | { readonly kind: 'decline'; readonly resource: Resource; readonly client: ClientIa };

export type Input<Reply = unknown> =
  /** The TCP connection is up. To a primary: the one it asked for. To a secondary: after the Acceptor chose it. */
  | { readonly kind: 'connected' }
  /** Octets of the connection, cut anywhere. The engine may keep the array. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** The connection is gone, or could not be made. Also after the engine's own `close`, where it changes nothing. */
  | { readonly kind: 'closed'; readonly why: string }
  /** Everything persisted up to this token is on stable storage. */
  | { readonly kind: 'stored'; readonly token: number }
  | { readonly kind: 'operator'; readonly command: OperatorCommand }
  /** Changes made for a client; `reply` comes back as an output once they are stored. */
  | { readonly kind: 'client'; readonly changes: readonly LeaseChange[]; readonly reply: Reply }
  /** Time has passed `deadline()`. Harmless at any time. */
  | { readonly kind: 'tick' };

export type StoreRecord =
  | { readonly kind: 'endpoint'; readonly record: EndpointRecord }
  | { readonly kind: 'lease'; readonly lease: Lease };

export type Output<Reply = unknown> =
  /** Open a connection to the partner; answer with `connected` or `closed`. Only a primary asks. */
  | { readonly kind: 'connect' }
  | { readonly kind: 'send'; readonly bytes: Uint8Array }
  /** Close the connection once everything sent is written; `connected` may follow later. */
  | { readonly kind: 'close'; readonly why: string }
  | { readonly kind: 'persist'; readonly token: number; readonly records: readonly StoreRecord[] }
  | { readonly kind: 'reply'; readonly reply: Reply }
  /** Administrative staff should know (§8.9, §8.11). */
  | { readonly kind: 'alarm'; readonly text: string; readonly section: string }
  | Note
  /** A shutdown has finished: everything is stored, sent and said. */
  | { readonly kind: 'done' };

/** For logs and views: what happened and which part of the RFC asks for it. Nothing depends on notes. */
export interface Note {
  readonly kind: 'note';
  readonly event:
    | 'transition'
    | 'connection'
    | 'update'
    | 'rejected'
    | 'pool'
    | 'lease'
    | 'operator'
    | 'protocol';
  readonly text: string;
  /** `§8.9.2`, a section of RFC 8156. */
  readonly section: string;
  /** For a transition. */
  readonly from?: EndpointState;
  readonly to?: EndpointState;
}

/** What §8.2 wants in stable storage, and what §8.3.2 and §8.5.2 need to find there. Times absolute. */
export interface EndpointRecord {
  readonly state: LastingState;
  readonly previousState?: LastingState;
  readonly startTimeOfState: number;
  /** When PARTNER-DOWN was entered, while in it. */
  readonly partnerDownTime?: number;
  readonly partnerState?: LastingState;
  readonly partnerStartTimeOfState?: number;
  readonly partnerDownTimeOfPartner?: number;
  readonly partnerFlags: number;
  /** Time of the most recent message from the partner. */
  readonly lastMessageTime?: number;
  /** This server has talked to its partner, on whichever connection (§5.5.15 COMMUNICATED). */
  readonly communicated: boolean;
  /** The MCLT in use, seconds (§6.1.2). */
  readonly mclt: number;
  /** Last recorded time at which this server may have served clients (§8.3.2). */
  readonly lastOperationTime?: number;
  /** TIME-OF-FAILURE while recovering (§8.3.2, §8.6.2), until the partner has told in NORMAL what it knows. */
  readonly timeOfFailure?: number;
  /** Recovery needs UPDREQALL, and got no UPDDONE yet (§8.5.2). */
  readonly updateAllNeeded: boolean;
  /** Neither side knows of any earlier failover operation: no need to wait in RECOVER-WAIT (§8.6.2). */
  readonly firstRun: boolean;
  /** The partner was heard again since PARTNER-DOWN was entered; absent: it was not, or this is another state. */
  readonly partnerIsBack?: boolean;
}

/** What the store held when the process began. `endpoint` is absent on a disk that never saw this endpoint. */
export interface StoredState {
  readonly endpoint?: EndpointRecord;
  readonly leases: Iterable<Lease>;
}

/** "What happens next and when", for views and `ctl status`. */
export interface Explanation {
  readonly state: EndpointState;
  readonly since: number;
  readonly communicationsOk: boolean;
  readonly partnerState?: LastingState;
  readonly partnerSince?: number;
  readonly responsiveness: Responsiveness;
  /** Each coming event with its time in Unix milliseconds, soonest first; `at` absent for what waits on others. */
  readonly next: readonly { readonly what: string; readonly section: string; readonly at?: number }[];
  /** Updates that the partner has not acknowledged, and those on their way now. */
  readonly updatesNeeded: number;
  readonly updatesUnacked: number;
  /** Moving average of the partner's clock minus ours, seconds, if measured on this connection. */
  readonly skewSeconds?: number;
}

/** What this state lets a server do for clients (§8.1). */
export type Responsiveness = 'responsive' | 'renew-responsive' | 'unresponsive';
