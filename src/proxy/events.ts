/**
 * What a running proxy tells: connections, messages with what became of them, faults, states. The log, the recorder's
 * comments, the terminal UI, the control API and the lab all read these and nothing else.
 */

import type { Finding } from '../analyze/checks/finding.ts';
import type { Direction } from '../base/flow.ts';
import type { Connection } from '../base/frame.ts';
import type { SocketAddress } from '../base/socket-address.ts';
import type { Message } from '../dissect/message.ts';
import type { FaultSpec } from './faults/spec.ts';
import type { JudgingLimit } from './judge/report.ts';
import type { FaultHit } from './stage.ts';
import type { DIRECTION_NAMES } from './wire-states.ts';

/**
 * What became of a message. `forwarded`: as it came; `changed`: other octets went onward; `dropped`: nothing did;
 * `injected`: nobody but the proxy sent it; `late`: unchanged, but held or delayed by a fault.
 */
export type Verdict = 'forwarded' | 'changed' | 'dropped' | 'injected' | 'late';

/** Held messages that are named; what is behind them counts only in octets. */
export const WAITING_NAMED_MAX = 100;

/** What a fault holds until it is released; its place in the list is its position for `release`. */
export interface WaitingMessage {
  readonly direction: (typeof DIRECTION_NAMES)[number];
  /** Of the message; it and the next two are absent where octets are no whole message. */
  readonly index?: number;
  /** Name of the type, or its number. */
  readonly type?: string;
  readonly transactionId?: number;
  readonly octets: number;
  /** Unix milliseconds. */
  readonly arrivedMillis: number;
}

/** An armed fault, as lists, log lines and the control API show it. */
export interface FaultView {
  readonly id: string;
  /** Where several relationships are listed together, the one that it is armed in; the id then begins with it. */
  readonly relationship?: string;
  readonly spec: FaultSpec;
  /** One sentence. */
  readonly sentence: string;
  readonly seed: number;
  /** How many messages its conditions (direction, types, where, while) have chosen so far. */
  readonly matched: number;
  /** How often it has been applied. */
  readonly hits: number;
  /** Octets that it holds back now. */
  readonly heldOctets: number;
  /** What can be released, the oldest first, as far as it is named; absent if there is none. */
  readonly waiting?: readonly WaitingMessage[];
  readonly armedMillis: number;
  /** While it holds messages: Unix milliseconds at which their receiver gives the connection up (RFC 8156 §6.5). */
  readonly keepaliveEndsMillis?: number;
  /** Unix milliseconds at which it heals itself. */
  readonly endsMillis?: number;
}

interface Happened {
  /** Unix milliseconds. */
  readonly atMillis: number;
  /** The name of the relationship in which it happened; absent where there is only one and it has no name. */
  readonly relationship?: string;
}

/** `stopped`: the proxy ends, with the fault armed. */
export type FaultEnd = 'removed' | 'expired' | 'used-up' | 'stopped';

export type ProxyEvent =
  | (Happened & {
      readonly kind: 'connection-up';
      readonly connection: Connection;
      /** Our ends of both legs: where the primary reached us and where we dialled from. */
      readonly listening: SocketAddress;
      readonly dialling: SocketAddress;
    })
  | (Happened & {
      readonly kind: 'connection-down';
      readonly connection: Connection;
      /** E.g. `closed by the secondary`, `reset by the primary`, `reset by F2`. */
      readonly reason: string;
    })
  /** Somebody connected and could not be served: partner absent, over a limit, refused by a fault. */
  | (Happened & {
      readonly kind: 'connection-refused';
      readonly client: SocketAddress;
      readonly reason: string;
    })
  | (Happened & {
      readonly kind: 'message';
      /** As the sender sent it; of an injected one, as we sent it. */
      readonly message: Message;
      /** As it went onward, where that differs. */
      readonly onward?: Message;
      readonly verdict: Verdict;
      readonly hits: readonly FaultHit[];
    })
  /** A fault was applied; `message` is what it was applied to, `null` where it concerned the connection. */
  | (Happened & { readonly kind: 'fault-hit'; readonly message: Message | null; readonly hit: FaultHit })
  | (Happened & { readonly kind: 'fault-armed'; readonly fault: FaultView })
  | (Happened & {
      readonly kind: 'fault-gone';
      readonly fault: FaultView;
      readonly reason: FaultEnd;
    })
  /** From here on octets of this direction are passed on without being read. */
  | (Happened & {
      readonly kind: 'unreadable';
      readonly connection: Connection;
      readonly direction: Direction;
      /** Octets of this direction before the point. */
      readonly streamOffset: number;
      readonly reason: string;
    })
  /** The proxy terminates TLS: its handshake with one of the servers, or what came of TLS later. */
  | (Happened & {
      readonly kind: 'tls';
      readonly connection: Connection;
      readonly who: 'primary' | 'secondary';
      readonly outcome: 'secured' | 'failed';
      /** Version, suite and certificate, or why it failed. */
      readonly detail: string;
    })
  /** A relationship began to be served, or is served no more. */
  | (Happened & {
      readonly kind: 'relationship';
      readonly what: 'opened' | 'closed';
      readonly listening: SocketAddress;
      readonly secondary: SocketAddress;
    })
  /** A server broke a rule: the checks say so some time after its message. */
  | (Happened & { readonly kind: 'finding'; readonly finding: Finding })
  /** A fault has touched a connection: less of it is judged. */
  | (Happened & { readonly kind: 'judging'; readonly limit: JudgingLimit })
  /** The proxy itself has held everything up; connections are judged from here as after a gap. */
  | (Happened & { readonly kind: 'standstill'; readonly seconds: number })
  /** There was more to judge than there was time for. */
  | (Happened & {
      readonly kind: 'not-judged';
      /** Messages that were passed over until now. */
      readonly messages: number;
      /** Whether messages are judged again. */
      readonly isOver: boolean;
    })
  /** An endpoint announced another state than before. */
  | (Happened & { readonly kind: 'state'; readonly who: 'primary' | 'secondary'; readonly state: string });

export interface ProxyStats {
  readonly connectionsOpen: number;
  readonly connectionsTotal: number;
  readonly connectionsRefused: number;
  /** By direction: [0] from the primary, [1] from the secondary. */
  readonly octetsReceived: readonly [number, number];
  readonly octetsSent: readonly [number, number];
  /** TLS records that passed unread, by direction and content type, e.g. `p>s handshake`. */
  readonly tlsRecords: Readonly<Record<string, number>>;
  /** Handshakes of a proxy that terminates TLS, e.g. `primary secured`. */
  readonly tlsHandshakes: Readonly<Record<string, number>>;
  /** Keys are `p>s BNDUPD forwarded`: direction, message name, verdict. */
  readonly messages: Readonly<Record<string, number>>;
  /** Breaches of RFC 8156 that were found, e.g. `bndupd-no-reply 7.6 secondary`: rule, section, sender. */
  readonly findings: Readonly<Record<string, number>>;
  /** Messages that were not judged because there were too many. */
  readonly messagesNotJudged: number;
  /** As last announced on the wire; `null` before the first STATE. */
  readonly states: { readonly primary: string | null; readonly secondary: string | null };
}
