/**
 * What the analyzer indexes of a message, whatever the protocol: the shape alone. Times are absolute seconds since 2000
 * in every protocol; numbers of states and reasons are those of the protocol, named by vocabulary.ts.
 */

/** What a message says about one address or prefix. Times are absolute seconds since 2000 unless said. */
export interface LeaseFacts {
  readonly kind: 'address' | 'prefix';
  /** RFC 5952 text; a prefix with its length. */
  readonly text: string;
  /** Hex of the client's DUID; `undefined` if the message names no client for it. */
  client: string | undefined;
  iaid: number | undefined;
  bindingStatus: number | undefined;
  /** Seconds. */
  readonly preferredLifetime: number;
  /** Seconds. */
  readonly validLifetime: number;
  startTimeOfState: number | undefined;
  stateExpirationTime: number | undefined;
  partnerLifetime: number | undefined;
  partnerLifetimeSent: number | undefined;
  expirationTime: number | undefined;
  /** Seconds before the base time of its container (RFC 5007 §4.1.2.3). */
  cltTime: number | undefined;
  /** The status code that applies to this lease: its own, else its container's, else the message's. */
  statusCode: number | undefined;
}

export interface Facts {
  leases: LeaseFacts[];
  /** Hex of the first client DUID. */
  client: string | undefined;
  /** The first status code that is not Success, at any level; else Success if one was given. */
  statusCode: number | undefined;
  /** Octets of the status-message beside `statusCode`, in `frame.bytes`. */
  statusMessage: readonly [start: number, end: number] | undefined;
  serverState: number | undefined;
  serverFlags: number | undefined;
  startTimeOfState: number | undefined;
  partnerDownTime: number | undefined;
  /** Seconds. */
  mclt: number | undefined;
  /** Seconds. */
  keepaliveTime: number | undefined;
  maxUnackedBndupd: number | undefined;
  connectFlags: number | undefined;
  majorVersion: number | undefined;
  minorVersion: number | undefined;
  /** Octets in `frame.bytes`. */
  relationshipName: readonly [start: number, end: number] | undefined;
}
