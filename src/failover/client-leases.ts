/**
 * What the DHCPv6 service may ask of an endpoint while it works out a reply. Nothing here changes anything: the service
 * collects LeaseChanges and hands them over in one `client` input together with its reply.
 */
import type { Responsiveness } from './io.ts';
import type { ClientIa, Lease, Resource } from './lease.ts';

export interface ClientLeases {
  /**
   * responsive: answer every valid message. renew-responsive: only those that name this server in OPTION_SERVERID, and
   * in RECOVER-DONE only RENEW of leases on record. unresponsive: nothing (§8.1, glossary).
   */
  responsiveness(now: number): Responsiveness;

  /** New leases may be given now. False in RECOVER-DONE and wherever the server is unresponsive. */
  mayAllocate(now: number): boolean;

  /** The lease on record for this address or prefix, whatever its status. */
  find(resource: Resource): Lease | undefined;

  /** ACTIVE leases of one identity association. */
  activeLeases(client: ClientIa): readonly Lease[];

  /** The pool index (as configured) that holds this resource, or `undefined` if it is not this endpoint's. */
  poolOf(resource: Resource): number | undefined;

  /**
   * An address or prefix of pool `pool` that this endpoint may give to this client now: the client's own earlier one if
   * it is free, then `hint` if it is free, then another. The same question gets the same answer while nothing changed.
   * `taken`: what this same reply already uses. `undefined`: none may be given (§4.2, §8.4.1).
   */
  pick(
    pool: number,
    client: ClientIa,
    now: number,
    hint?: Resource,
    taken?: readonly Resource[],
  ): Resource | undefined;

  /** Whether this resource may be given to (or kept by) this client now. */
  mayBind(resource: Resource, client: ClientIa, now: number): boolean;

  /**
   * The valid lifetime, in seconds, that a client may be given now: the desired one, but at most the MCLT beyond the
   * later of now and what the partner acknowledged, except in PARTNER-DOWN (§4.4).
   */
  grantableLifetime(resource: Resource, client: ClientIa, desiredLifetime: number, now: number): number;
}
