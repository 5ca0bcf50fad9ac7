/** One relay agent around a client's datagrams (RFC 8415 §19), as functions: what a switch or router does. */
import { encodeRelayEnvelope, openRelayMessage } from '../wire/dhcpv6.ts';

export interface RelayAgent {
  /** Tells servers the client's link; 16 octets. */
  readonly linkAddress: Uint8Array;
  /** OPTION_INTERFACE_ID that it adds. */
  readonly interfaceId?: Uint8Array;
  /** Wants answers at the port that it sends from, not at 547 (RFC 8357). */
  readonly ownPort?: boolean;
}

/** HOP_COUNT_LIMIT, RFC 8415 §7.6. */
const HOP_COUNT_LIMIT = 8;

/** The RELAY-FORW for a datagram of `peer` (16 octets); `undefined` if it came through too many agents (§19.1.2). */
export function relayForward(
  agent: RelayAgent,
  peer: Uint8Array,
  datagram: Uint8Array,
): Uint8Array | undefined {
  const inner = openRelayMessage(datagram);
  if (inner !== undefined && inner.hopCount >= HOP_COUNT_LIMIT) return undefined;
  return encodeRelayEnvelope({
    type: 'RELAY-FORW',
    hopCount: inner === undefined ? 0 : inner.hopCount + 1,
    linkAddress: agent.linkAddress,
    peerAddress: peer,
    ...(agent.interfaceId === undefined ? {} : { interfaceId: agent.interfaceId }),
    ...(agent.ownPort === true ? { relayPort: 0 } : {}),
    relayed: datagram,
  });
}

/** What a RELAY-REPL holds and for whom (§19.2); `undefined` for anything else. */
export function relayReply(
  datagram: Uint8Array,
): { readonly peer: Uint8Array; readonly datagram: Uint8Array } | undefined {
  const envelope = openRelayMessage(datagram);
  if (envelope?.type !== 'RELAY-REPL' || envelope.relayed === undefined) return undefined;
  return { peer: envelope.peerAddress, datagram: envelope.relayed };
}
