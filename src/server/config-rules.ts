/**
 * Rules between the parts of a server's file: what each part alone cannot tell. Each rule gives the mistakes that it
 * finds, at the place where a person would mend them.
 */
import { compareBytes } from '../base/bytes.ts';
import { formatIpv6, type Ipv6Prefix, prefixContains } from '../base/ipv6.ts';
import type { RawLink, RawRelationship, RawServer } from './config-shape.ts';
import { type AddressRange, type Located, prefixesOverlap } from './config-values.ts';
import { mistake } from './schema.ts';

/** Delegated prefixes of one pool: each that was ever leased is kept, and the free ones are divided one by one. */
const DELEGATED_BITS_MAX = 20;

export function checkServer(server: RawServer): readonly Error[] {
  return [
    ...differentNames(server),
    ...server.relationships.flatMap((relationship) => [...checkRelationship(server, relationship)]),
    ...disjoint(ownedPrefixes(server)),
  ];
}

function* differentNames(server: RawServer): Iterable<Error> {
  const seen = new Set<string>();
  for (const { name } of server.relationships) {
    if (seen.has(name.value))
      yield mistake(name.place, `a relationship of the name "${name.value}" is already there`);
    seen.add(name.value);
  }
}

function* checkRelationship(server: RawServer, relationship: RawRelationship): Iterable<Error> {
  const { role, security, partner, lifetimes } = relationship;
  if (role.value === 'secondary' && server.failover.listen.length === 0) {
    yield mistake(role.place, 'a secondary waits for its partner: the key failover.listen is missing');
  }
  if (security.value === 'tls' && server.failover.tls === undefined) {
    yield mistake(security.place, 'TLS needs certificates: the key failover.tls is missing');
  }
  const namesPartner = partner.value.certificateNames.length + partner.value.certificateSha256.length > 0;
  if (security.value === 'none' && namesPartner) {
    yield mistake(partner.place, 'certificates are named, but security is "none"');
  }
  if (lifetimes !== undefined && lifetimes.preferred.value > lifetimes.valid) {
    yield mistake(lifetimes.preferred.place, 'the preferred lifetime is longer than the valid lifetime');
  }
  for (const link of relationship.links) yield* checkLink(link);
}

function* checkLink(link: RawLink): Iterable<Error> {
  const { prefix, addressPools, prefixPools } = link;
  for (const pool of addressPools) {
    if (!prefixContains(prefix.value, pool.value.first) || !prefixContains(prefix.value, pool.value.last)) {
      yield mistake(pool.place, `the range is not within the link's prefix ${prefixText(prefix.value)}`);
    }
  }
  yield* disjointRanges(addressPools);
  for (const pool of prefixPools) {
    const bits = pool.delegatedLength.value - pool.prefix.value.length;
    if (bits < 0) {
      yield mistake(pool.delegatedLength.place, `shorter than the prefix ${prefixText(pool.prefix.value)}`);
    } else if (bits > DELEGATED_BITS_MAX) {
      const most = pool.prefix.value.length + DELEGATED_BITS_MAX;
      yield mistake(
        pool.delegatedLength.place,
        `more than 2^${DELEGATED_BITS_MAX} prefixes; expected at most ${most}`,
      );
    }
  }
}

function* disjointRanges(ranges: readonly Located<AddressRange>[]): Iterable<Error> {
  const ordered = [...ranges].sort((a, b) => compareBytes(a.value.first, b.value.first));
  for (const [index, range] of ordered.entries()) {
    const previous = ordered[index - 1];
    if (previous !== undefined && compareBytes(range.value.first, previous.value.last) <= 0) {
      yield mistake(range.place, `overlaps the range at ${previous.place.path}`);
    }
  }
}

/** Everything that may belong to one relationship only, in one place of the file only. */
function ownedPrefixes(server: RawServer): readonly Located<Ipv6Prefix>[] {
  return server.relationships.flatMap((relationship) =>
    relationship.links.flatMap((link) => [link.prefix, ...link.prefixPools.map((pool) => pool.prefix)]),
  );
}

function* disjoint(prefixes: readonly Located<Ipv6Prefix>[]): Iterable<Error> {
  const ordered = [...prefixes].sort(
    (a, b) => compareBytes(a.value.address, b.value.address) || a.value.length - b.value.length,
  );
  let widest: Located<Ipv6Prefix> | undefined;
  for (const prefix of ordered) {
    if (widest === undefined || !prefixesOverlap(widest.value, prefix.value)) widest = prefix;
    else yield mistake(prefix.place, `overlaps ${prefixText(widest.value)} at ${widest.place.path}`);
  }
}

function prefixText(prefix: Ipv6Prefix): string {
  return `${formatIpv6(prefix.address)}/${prefix.length}`;
}
