/**
 * What failover messages mean to our servers (RFC 8156 §5–§7): the values that the codecs read and write. Options that
 * a message may lack are optional here, because the peer decides what it sends; the endpoint decides what it needs.
 * Options without a field of their own survive in `extra`, in wire order, so that nothing is lost on re-encoding.
 */

/** An option that has no field of its own: code and contents. */
export interface RawOption {
  readonly code: number;
  readonly bytes: Uint8Array;
}

/** OPTION_STATUS_CODE (RFC 8415 §21.13). Codes 16–22 are in RFC 8156 §5.6. */
export interface Status {
  readonly code: number;
  readonly message: string;
}

interface Common {
  /** 24 bits. */
  readonly transactionId: number;
  /** Absolute seconds since 2000, modulo 2^32 (§5.2). */
  readonly sentTime: number;
  readonly extra?: readonly RawOption[];
}

interface ConnectOptions extends Common {
  readonly protocolVersion?: { readonly major: number; readonly minor: number };
  /** Seconds. */
  readonly mclt?: number;
  /** Seconds. */
  readonly keepaliveTime?: number;
  readonly maxUnackedBndupd?: number;
  /** 16 bits; see ConnectFlags. */
  readonly connectFlags?: number;
  readonly relationshipName?: string;
}

/** §6.1.1 */
export interface Connect extends ConnectOptions {
  readonly type: 'CONNECT';
}

/** §6.1.2; a status that is not Success rejects the connection. */
export interface ConnectReply extends ConnectOptions {
  readonly type: 'CONNECTREPLY';
  readonly status?: Status;
}

/** §6.3 */
export interface State extends Common {
  readonly type: 'STATE';
  /** §5.5.16, 8 bits. */
  readonly serverState?: number;
  /** §5.5.15, 8 bits; see ServerFlags. */
  readonly serverFlags?: number;
  readonly startTimeOfState?: number;
  readonly partnerDownTime?: number;
}

/** The messages that need no option of their own; DISCONNECT says why in its status. */
export interface Plain extends Common {
  readonly type: 'POOLREQ' | 'POOLRESP' | 'UPDREQ' | 'UPDREQALL' | 'UPDDONE' | 'DISCONNECT' | 'CONTACT';
  readonly status?: Status;
}

/**
 * BNDUPD and BNDREPLY carry either one client's binding or one prefix lease (§7.4, §7.6). Both absent: the sender left
 * them out. More than one of either: the first is here and `surplus` counts the rest.
 */
export interface Binding extends Common {
  readonly type: 'BNDUPD' | 'BNDREPLY';
  readonly clientData?: ClientData;
  readonly prefixLease?: LeaseInfo;
  readonly surplus?: number;
  readonly status?: Status;
}

/** OPTION_CLIENT_DATA (RFC 5007 §4.1.2.2, RFC 8156 §7.4). */
export interface ClientData {
  /** DUID. */
  readonly clientId?: Uint8Array | undefined;
  /** OPTION_LQ_BASE_TIME, absolute. */
  readonly baseTime?: number | undefined;
  /** OPTION_VSS contents. */
  readonly vss?: Uint8Array | undefined;
  readonly reconfigureData?: { readonly time: number; readonly key: Uint8Array } | undefined;
  /** OPTION_LQ_RELAY_DATA (RFC 5007 §4.1.2.4). */
  readonly relayData?: { readonly peerAddress: Uint8Array; readonly message: Uint8Array } | undefined;
  readonly status?: Status | undefined;
  readonly ias: readonly IdentityAssociation[];
  readonly extra?: readonly RawOption[] | undefined;
}

export type IaKind = 'IA_NA' | 'IA_TA' | 'IA_PD';

/** OPTION_IA_NA, OPTION_IA_TA or OPTION_IA_PD (RFC 8415 §21.4, §21.5, §21.21), between partners or with a client. */
export interface IdentityAssociation<Lease extends IaLease = LeaseInfo> {
  readonly kind: IaKind;
  readonly iaid: number;
  /** Seconds; 0 for IA_TA, which has none. */
  readonly t1: number;
  readonly t2: number;
  readonly status?: Status | undefined;
  readonly leases: readonly Lease[];
  readonly extra?: readonly RawOption[] | undefined;
}

/** OPTION_IAADDR or OPTION_IAPREFIX (RFC 8415 §21.6, §21.22). */
export interface IaLease {
  readonly kind: 'address' | 'prefix';
  /** 16 octets. */
  readonly address: Uint8Array;
  /** Bits: 128 for an address. */
  readonly prefixLength: number;
  /** Seconds. */
  readonly preferredLifetime: number;
  /** Seconds. */
  readonly validLifetime: number;
  readonly status?: Status | undefined;
  readonly extra?: readonly RawOption[] | undefined;
}

/** A lease with what failover partners say about it. All times absolute unless said. */
export interface LeaseInfo extends IaLease {
  /** §5.5.1, 8 bits. */
  readonly bindingStatus?: number | undefined;
  readonly startTimeOfState?: number | undefined;
  readonly stateExpirationTime?: number | undefined;
  /** OPTION_CLT_TIME: seconds before the base time of the same container (RFC 5007 §4.1.2.3). */
  readonly cltTime?: number | undefined;
  readonly partnerLifetime?: number | undefined;
  readonly partnerLifetimeSent?: number | undefined;
  readonly partnerRawCltTime?: number | undefined;
  readonly expirationTime?: number | undefined;
  /** OPTION_CLIENT_FQDN contents. */
  readonly clientFqdn?: Uint8Array | undefined;
  /** Only in a prefix lease outside OPTION_CLIENT_DATA (§7.4). */
  readonly baseTime?: number | undefined;
  readonly vss?: Uint8Array | undefined;
}

/** STARTTLS (23) and REPLY (7) on a failover connection: header without sent-time (RFC 7653 §8.2, §9.1). */
export interface TlsNegotiation {
  readonly type: 'STARTTLS' | 'REPLY';
  readonly transactionId: number;
  readonly status?: Status;
  readonly extra?: readonly RawOption[];
}

export type FailoverMessage = Connect | ConnectReply | State | Plain | Binding | TlsNegotiation;

/** A message of a type that we do not know, or whose header is short: kept, never refused. */
export interface UnknownMessage {
  readonly type: 'unknown';
  readonly msgType: number;
  /** The whole message, without length prefix. */
  readonly bytes: Uint8Array;
}
