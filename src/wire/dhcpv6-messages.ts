/**
 * What DHCPv6 messages mean to our service and our clients (RFC 8415 §7–§9, §21): the values that dhcpv6.ts reads and
 * writes. As in messages.ts, what a peer may leave out is optional and what has no field survives in `extra`.
 */
import type { IaLease, IdentityAssociation, RawOption, Status, UnknownMessage } from './messages.ts';

export type ClientMessageType =
  | 'SOLICIT'
  | 'REQUEST'
  | 'CONFIRM'
  | 'RENEW'
  | 'REBIND'
  | 'RELEASE'
  | 'DECLINE'
  | 'INFORMATION-REQUEST';

export type ServerMessageType = 'ADVERTISE' | 'REPLY' | 'RECONFIGURE';

/** An IA as a client and a server speak of it. */
export type Ia = IdentityAssociation<IaLease>;

/** A message between client and server (§8). */
export interface ClientServerMessage {
  readonly type: ClientMessageType | ServerMessageType;
  /** 24 bits. */
  readonly transactionId: number;
  /** DUID. */
  readonly clientId?: Uint8Array;
  /** DUID. */
  readonly serverId?: Uint8Array;
  readonly ias: readonly Ia[];
  /** OPTION_ORO: codes of the options that are asked for. */
  readonly requestedOptions?: readonly number[];
  /** 8 bits. */
  readonly preference?: number;
  /** Hundredths of a second, 16 bits. */
  readonly elapsedTime?: number;
  readonly status?: Status;
  readonly rapidCommit?: true;
  /** OPTION_RECONF_ACCEPT */
  readonly reconfigureAccept?: true;
  /** 16 octets each (RFC 3646 §3). */
  readonly dnsServers?: readonly Uint8Array[];
  /** Each with its final dot (RFC 3646 §4). */
  readonly domainList?: readonly string[];
  /** OPTION_CLIENT_FQDN contents (RFC 4704 §4). */
  readonly clientFqdn?: Uint8Array;
  /** Seconds (§21.23). */
  readonly informationRefreshTime?: number;
  /** Seconds (§21.24). */
  readonly solMaxRt?: number;
  /** Seconds (§21.25). */
  readonly infMaxRt?: number;
  readonly extra?: readonly RawOption[];
}

/** A message between relay agents and servers (§9). */
export interface RelayMessage {
  readonly type: 'RELAY-FORW' | 'RELAY-REPL';
  readonly hopCount: number;
  /** 16 octets; all zero if the relay agent leaves the choice of the link to OPTION_INTERFACE_ID or to the next hop. */
  readonly linkAddress: Uint8Array;
  /** 16 octets. */
  readonly peerAddress: Uint8Array;
  /** OPTION_INTERFACE_ID contents: given back as they came (§21.18). */
  readonly interfaceId?: Uint8Array;
  /** OPTION_REMOTE_ID contents: enterprise number and identifier (RFC 4649 §3). */
  readonly remoteId?: Uint8Array;
  /** OPTION_RELAY_PORT: the agent listens on the port that it sends from (RFC 8357 §4); the port of the next one. */
  readonly relayPort?: number;
  /** OPTION_RELAY_MSG */
  readonly message?: Dhcpv6Message | UnknownMessage;
  readonly extra?: readonly RawOption[];
}

export type Dhcpv6Message = ClientServerMessage | RelayMessage;

/** A relay message as relay agents see it: what it carries stays octets. */
export interface RelayEnvelope extends Omit<RelayMessage, 'message'> {
  readonly relayed?: Uint8Array;
}
