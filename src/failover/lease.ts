/**
 * One lease on an address or delegated prefix as this endpoint knows it (RFC 8156 §7.2, §7.3). Leases are values: a
 * change makes a new one, so that what was handed to the store or is on its way to the partner stays what it was.
 */
import { equalBytes } from '../base/bytes.ts';
import { formatIpv6 } from '../base/ipv6.ts';
import type { Draft } from '../wire/codec.ts';
import type { IaKind } from '../wire/messages.ts';
import type { BindingStatus } from './state.ts';

/** An address (prefixLength 128) or a prefix; kinds never mix, even for a /128 prefix. */
export interface Resource {
  readonly kind: 'address' | 'prefix';
  /** 16 octets. */
  readonly address: Uint8Array;
  /** Bits. */
  readonly prefixLength: number;
}

/** Who holds a lease: one identity association of one client. */
export interface ClientIa {
  readonly duid: Uint8Array;
  readonly iaKind: IaKind;
  readonly iaid: number;
}

/** What was last told to the client, and what else is known about it. */
export interface Holder extends ClientIa {
  /** Seconds, as sent to the client. */
  readonly t1: number;
  readonly t2: number;
  readonly preferredLifetime: number;
  readonly validLifetime: number;
  /** OPTION_CLIENT_FQDN contents. */
  readonly clientFqdn?: Uint8Array | undefined;
  /** OPTION_LQ_RELAY_DATA of the relay that the client came through. */
  readonly relayData?: { readonly peerAddress: Uint8Array; readonly message: Uint8Array } | undefined;
  /** The reconfigure key given to the client, and when. */
  readonly reconfigureData?: { readonly time: number; readonly key: Uint8Array } | undefined;
}

/**
 * Absolute times are seconds since 2000, modulo 2^32; `undefined` where there is none. Code that makes many leases names all
 * fields in this order, so that all of them have one shape in memory.
 */
export interface Lease extends Resource {
  readonly status: BindingStatus;
  /** The client of an ACTIVE lease; of any other, the last one, as a hint. */
  readonly holder?: Holder | undefined;

  // The times of §7.3.
  /** What we last acked to the partner: until then it may count on us. */
  readonly expirationTime?: number | undefined;
  /** What the partner last acked to us. */
  readonly ackedPartnerLifetime?: number | undefined;
  /** What we told or will tell the partner, or the partner's EXPIRATION_TIME. `undefined`: nothing left to tell. */
  readonly partnerLifetime?: number | undefined;
  /** When this server last dealt with the client. */
  readonly clientLastTransactionTime?: number | undefined;
  /** When the partner last dealt with the client, exactly as received. */
  readonly partnerRawCltTime?: number | undefined;
  readonly startTimeOfState: number;
  /** Absent if this binding-status has no timeout. For ACTIVE: when the client's valid lifetime ends. */
  readonly stateExpirationTime?: number | undefined;

  /** The partner has not yet acknowledged what this lease is now (§7.5.4, §8.8). */
  readonly updateNeeded: boolean;
  /** A BNDUPD about the present binding-status may have reached the partner (§4.2.2.1). */
  readonly updateSent: boolean;
  /** The status code with which the partner rejected the last update, until something changes (§7.7). */
  readonly rejectedWith?: number | undefined;
}

/** A copy to change, of the one shape that leases have in memory. */
export function draftOf(lease: Lease): Draft<Lease> {
  return {
    kind: lease.kind,
    address: lease.address,
    prefixLength: lease.prefixLength,
    status: lease.status,
    holder: lease.holder,
    expirationTime: lease.expirationTime,
    ackedPartnerLifetime: lease.ackedPartnerLifetime,
    partnerLifetime: lease.partnerLifetime,
    clientLastTransactionTime: lease.clientLastTransactionTime,
    partnerRawCltTime: lease.partnerRawCltTime,
    startTimeOfState: lease.startTimeOfState,
    stateExpirationTime: lease.stateExpirationTime,
    updateNeeded: lease.updateNeeded,
    updateSent: lease.updateSent,
    rejectedWith: lease.rejectedWith,
  };
}

/** The same address or prefix. */
export function sameResource(a: Resource, b: Resource): boolean {
  return a.prefixLength === b.prefixLength && a.kind === b.kind && equalBytes(a.address, b.address);
}

/** Compact key of a resource: 16 characters of the address and one for kind and length. */
export function resourceKey(resource: Resource): string {
  const a = resource.address;
  return String.fromCharCode(
    a[0] as number,
    a[1] as number,
    a[2] as number,
    a[3] as number,
    a[4] as number,
    a[5] as number,
    a[6] as number,
    a[7] as number,
    a[8] as number,
    a[9] as number,
    a[10] as number,
    a[11] as number,
    a[12] as number,
    a[13] as number,
    a[14] as number,
    a[15] as number,
    resource.kind === 'address' ? 255 : resource.prefixLength,
  );
}

/** Compact key of a client: its DUID, one character an octet. */
export function clientKey(duid: Uint8Array): string {
  let key = '';
  for (let at = 0; at < duid.length; at++) key += String.fromCharCode(duid[at] as number);
  return key;
}

/** Same DUID, and same identity association of it. */
export function sameClientIa(a: ClientIa, b: ClientIa): boolean {
  return a.iaid === b.iaid && a.iaKind === b.iaKind && equalBytes(a.duid, b.duid);
}

/** `2001:db8::1` or `2001:db8:8000::/56`. */
export function resourceText(resource: Resource): string {
  const address = formatIpv6(resource.address);
  return resource.kind === 'address' ? address : `${address}/${resource.prefixLength}`;
}
