/**
 * The geometry of pools: which addresses and prefixes there are, numbered from 0, and whose an address is. Who may give
 * what when is in allocation.ts.
 */
import type { Ipv6Prefix } from '../base/ipv6.ts';
import { prefixContains } from '../base/ipv6.ts';
import type { Pool, PrefixPool } from './config.ts';
import type { Resource } from './lease.ts';
import type { Role } from './machine.ts';

/** Resources of a pool that are given out at most: numbers stay exact, and nobody has more clients. */
export const POOL_SIZE_MAX = 2 ** 48;

/** One pool, numbered. */
export interface PoolMap {
  readonly pool: Pool;
  /** How many resources it has, at most POOL_SIZE_MAX. */
  readonly size: number;
  contains(resource: Resource): boolean;
  /** The resource with this number, 0 to size - 1. */
  at(index: number): Resource;
}

export function poolMap(pool: Pool): PoolMap {
  return pool.kind === 'address' ? addressMap(pool.first, pool.last) : prefixMap(pool);
}

function addressMap(first: Uint8Array, last: Uint8Array): PoolMap {
  const size = distance(first, last) + 1;
  return {
    pool: { kind: 'address', first, last },
    size: Math.min(size, POOL_SIZE_MAX),
    contains: ({ kind, address }) =>
      kind === 'address' && compare(first, address) <= 0 && compare(address, last) <= 0,
    at: (index) => ({ kind: 'address', address: plus(first, index, 0), prefixLength: 128 }),
  };
}

function prefixMap(pool: PrefixPool): PoolMap {
  const { prefix, delegatedLength } = pool;
  const base: Ipv6Prefix = { address: masked(prefix.address, prefix.length), length: prefix.length };
  return {
    pool,
    size: Math.min(2 ** (delegatedLength - prefix.length), POOL_SIZE_MAX),
    contains: (resource) =>
      resource.kind === 'prefix' &&
      resource.prefixLength === delegatedLength &&
      prefixContains(base, resource.address) &&
      compare(resource.address, masked(resource.address, delegatedLength)) === 0,
    at: (index) => ({
      kind: 'prefix',
      address: plus(base.address, index, 128 - delegatedLength),
      prefixLength: delegatedLength,
    }),
  };
}

/** Whose an address is under independent allocation: low-order bit 1 is the primary's (§4.2.1.1). */
export function ownerOfAddress(address: Uint8Array): Role {
  return ((address[15] as number) & 1) === 1 ? 'primary' : 'secondary';
}

function compare(a: Uint8Array, b: Uint8Array): number {
  for (let at = 0; at < 16; at++) {
    const difference = (a[at] as number) - (b[at] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** `last - first`, as far as a double holds it. */
function distance(first: Uint8Array, last: Uint8Array): number {
  let result = 0;
  for (let at = 0; at < 16; at++) result = result * 256 + (last[at] as number) - (first[at] as number);
  return result;
}

function masked(address: Uint8Array, length: number): Uint8Array {
  const result = Uint8Array.from(address);
  for (let at = 0; at < 16; at++) {
    const bits = Math.min(8, Math.max(0, length - 8 * at));
    result[at] = (result[at] as number) & (0xff00 >> bits);
  }
  return result;
}

/** `address + index * 2^shift`. */
function plus(address: Uint8Array, index: number, shift: number): Uint8Array {
  const result = Uint8Array.from(address);
  let carry = 0;
  let left = index * 2 ** (shift % 8);
  for (let at = 15 - Math.floor(shift / 8); at >= 0 && (left > 0 || carry > 0); at--) {
    const sum = (result[at] as number) + (left % 256) + carry;
    result[at] = sum & 255;
    carry = sum >> 8;
    left = Math.floor(left / 256);
  }
  return result;
}
