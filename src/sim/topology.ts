/**
 * Which servers there are and who is whose partner (RFC 8156 §4.1, §5: m-to-1). Each relationship has prefixes and clients
 * of its own. Data only.
 */
import type { Role } from '../failover/machine.ts';

export type ServerName = 'A' | 'B' | 'C';

/** One relationship: which server has which role in it. */
export type Relationship = Readonly<Record<Role, ServerName>>;

export const ROLES = ['primary', 'secondary'] as const satisfies readonly Role[];

export function otherRole(role: Role): Role {
  return role === 'primary' ? 'secondary' : 'primary';
}

const link = (primary: ServerName, secondary: ServerName): Relationship => ({ primary, secondary });

export const TOPOLOGIES = {
  /** One server and its partner. */
  pair: [link('A', 'B')],
  /** Two servers, each the primary for prefixes of its own: two relationships, told apart by their names. */
  crossed: [link('A', 'B'), link('B', 'A')],
  /** Two relationships with the same roles between the same two servers. */
  double: [link('A', 'B'), link('A', 'B')],
  /** One server stands by for two others. */
  shared: [link('A', 'B'), link('C', 'B')],
  /** Secondary for one server, primary for another one. */
  chain: [link('A', 'B'), link('B', 'C')],
  /** Each of three servers stands by for one of the others. */
  ring: [link('A', 'B'), link('B', 'C'), link('C', 'A')],
} as const satisfies Record<string, readonly Relationship[]>;

export type TopologyName = keyof typeof TOPOLOGIES;

export const TOPOLOGY_NAMES = Object.keys(TOPOLOGIES) as readonly TopologyName[];

/** The servers of some relationships, in the order of their names. */
export function serversOf(relationships: readonly Relationship[]): readonly ServerName[] {
  const names = relationships.flatMap(({ primary, secondary }) => [primary, secondary]);
  return [...new Set(names)].sort();
}

/** `A-B`: the primary, then the secondary; `A-B.2` for a second one like it. */
export function namesOf(relationships: readonly Relationship[]): readonly string[] {
  const names: string[] = [];
  for (const { primary, secondary } of relationships) {
    const name = `${primary}-${secondary}`;
    names.push(names.includes(name) ? `${name}.2` : name);
  }
  return names;
}
