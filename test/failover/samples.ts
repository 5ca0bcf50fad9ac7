/** Small values that tests of the endpoint share. */
import { parseIpv6 } from '../../src/base/ipv6.ts';
import type { LeaseChange } from '../../src/failover/io.ts';
import type { ClientIa, Holder, Resource } from '../../src/failover/lease.ts';

export function addressOf(text: string): Uint8Array {
  const address = parseIpv6(text);
  if (address === undefined) throw new Error(`no address: ${text}`);
  return address;
}

export function address(text: string): Resource {
  return { kind: 'address', address: addressOf(text), prefixLength: 128 };
}

export function prefix(text: string): Resource {
  const [base, length] = text.split('/');
  return { kind: 'prefix', address: addressOf(base as string), prefixLength: Number(length) };
}

/** The client number `n`, with a DUID-EN of enterprise 32473. */
export function client(n: number, iaKind: ClientIa['iaKind'] = 'IA_NA'): ClientIa {
  return { duid: Uint8Array.from([0, 2, 0, 0, 0x7e, 0xd9, n >> 8, n & 255]), iaKind, iaid: 1 };
}

export function holder(who: ClientIa, validLifetime: number): Holder {
  return {
    ...who,
    t1: Math.floor(validLifetime / 2),
    t2: Math.floor(validLifetime * 0.8),
    preferredLifetime: validLifetime,
    validLifetime,
  };
}

export function bind(resource: Resource, who: ClientIa, valid: number, desired: number): LeaseChange {
  return { kind: 'bind', resource, holder: holder(who, valid), desiredLifetime: desired };
}
