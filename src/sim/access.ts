/**
 * How a client reaches its servers: on their link, or through one or two relay agents (RFC 8415 §19), of which the one
 * next to the client may be one that adds no link-address (RFC 6221).
 */
import type { Arrival } from '../server/service.ts';
import { type RelayAgent, relayForward, relayReply } from './relay.ts';
import { betweenRelays, onLink } from './setup.ts';
import { Violation } from './violation.ts';

/** Host numbers on a link; leases of pools are below. */
const SERVER_HOST = 0xfffe;
const RELAY_HOST = 0xfffd;
const UNSPECIFIED = new Uint8Array(16);

/** What happens to datagrams between one client and its servers. */
export interface Access {
  /** Relay agents on the way. */
  readonly depth: number;
  /** How servers see datagrams of the client come in. */
  readonly arrival: Arrival;
  forward(datagram: Uint8Array): Uint8Array;
  /** What the client gets of an answer; a broken invariant if it does not come back the way that the question went. */
  back(datagram: Uint8Array): Uint8Array;
}

export const ACCESS_KINDS = ['direct', 'one-relay', 'two-relays', 'behind-lightweight-relay'] as const;

export type AccessKind = (typeof ACCESS_KINDS)[number];

export function accessOf(kind: AccessKind, client: number, relationship: number): Access {
  const peer = Uint8Array.from([0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, client >> 8, client & 255]);
  const relay = onLink(relationship, RELAY_HOST);
  const agents = agentsOf(kind, relay, client);
  if (agents.length === 0) {
    const local = onLink(relationship, SERVER_HOST);
    return { depth: 0, arrival: { source: peer, local }, forward: (bytes) => bytes, back: (bytes) => bytes };
  }
  return {
    depth: agents.length,
    arrival: { source: agents.length === 1 ? relay : betweenRelays(1) },
    forward: (datagram) => {
      let from: Uint8Array = peer;
      let wrapped = datagram;
      for (const agent of agents) {
        wrapped = relayForward(agent, from, wrapped) as Uint8Array;
        from = relay;
      }
      return wrapped;
    },
    back: (datagram) => {
      let unwrapped = datagram;
      for (let left = agents.length; left > 0; left--) {
        const reply = relayReply(unwrapped);
        if (reply === undefined)
          throw new Violation('answers go back through the relay agents', 'no RELAY-REPL');
        unwrapped = reply.datagram;
      }
      return unwrapped;
    },
  };
}

/** Nearest to the client first. */
function agentsOf(kind: AccessKind, relay: Uint8Array, client: number): readonly RelayAgent[] {
  const interfaceId = Uint8Array.from([client >> 8, client & 255]);
  switch (kind) {
    case 'direct':
      return [];
    case 'one-relay':
      return [{ linkAddress: relay, interfaceId }];
    case 'two-relays':
      return [{ linkAddress: relay, interfaceId }, { linkAddress: betweenRelays(2) }];
    case 'behind-lightweight-relay':
      return [{ linkAddress: UNSPECIFIED, interfaceId }, { linkAddress: relay }];
  }
}
