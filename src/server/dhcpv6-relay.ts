/**
 * Relay agents around a client's message (RFC 8415 §9, §19): taking the message out of its RELAY-FORWs, finding the
 * client's link, and putting the answer into RELAY-REPLs for the way back.
 */
import { encodeDhcpv6Message, isRelay } from '../wire/dhcpv6.ts';
import type { ClientServerMessage, Dhcpv6Message, RelayMessage } from '../wire/dhcpv6-messages.ts';
import type { UnknownMessage } from '../wire/messages.ts';
import { copyOf } from '../wire/reader.ts';

/** A client's message and the relay agents that it came through. */
export interface Relayed {
  readonly message: ClientServerMessage;
  /** Outermost first: the last one is next to the client. */
  readonly relays: readonly RelayMessage[];
}

/** Octets of all OPTION_INTERFACE_IDs of a datagram: they are given back, and the answer has an end. */
const INTERFACE_IDS_MAX = 1024;
/** Longest chain of RELAY-FORWs that is remembered with a lease. */
const RELAY_DATA_OCTETS_MAX = 1024;

/** Takes off the RELAY-FORWs; a text says why there is no client message in the datagram. */
export function unwrapRelays(datagram: Dhcpv6Message | UnknownMessage): Relayed | string {
  const relays: RelayMessage[] = [];
  let interfaceIds = 0;
  let inner: Dhcpv6Message | UnknownMessage | undefined = datagram;
  while (inner !== undefined && isRelay(inner)) {
    if (inner.type === 'RELAY-REPL') return 'a RELAY-REPL is not for servers';
    relays.push(inner);
    interfaceIds += inner.interfaceId?.length ?? 0;
    if (interfaceIds > INTERFACE_IDS_MAX) return `more than ${INTERFACE_IDS_MAX} octets of interface-ids`;
    inner = inner.message;
  }
  if (inner === undefined) return 'a RELAY-FORW without a message in it';
  if (inner.type === 'unknown') return `message type ${inner.msgType}, or a message cut short`;
  return { message: inner, relays };
}

/**
 * The address that tells the client's link: the link-address of the relay agent next to the client, or of the next
 * one if that is unspecified (RFC 8415 §13.1). `undefined` without relay agents, or if none gives one.
 */
export function linkAddressOf(relays: readonly RelayMessage[]): Uint8Array | undefined {
  for (let index = relays.length - 1; index >= 0; index--) {
    const { linkAddress } = relays[index] as RelayMessage;
    if (linkAddress.some((octet) => octet !== 0)) return linkAddress;
  }
  return undefined;
}

/** The answer for the first relay agent on the way back, or for the client itself (RFC 8415 §19.3, RFC 8357 §5.2). */
export function wrapForRelays(answer: ClientServerMessage, relays: readonly RelayMessage[]): Dhcpv6Message {
  let message: Dhcpv6Message = answer;
  for (let index = relays.length - 1; index >= 0; index--) {
    const { hopCount, linkAddress, peerAddress, interfaceId, relayPort } = relays[index] as RelayMessage;
    const back = {
      ...(interfaceId === undefined ? {} : { interfaceId }),
      ...(relayPort === undefined ? {} : { relayPort }),
    };
    message = { type: 'RELAY-REPL', hopCount, linkAddress, peerAddress, ...back, message };
  }
  return message;
}

/**
 * OPTION_LQ_RELAY_DATA: where the message came from and its RELAY-FORWs without the client's message (RFC 5007
 * §4.1.2.4). `undefined` without relay agents, and for more than is worth keeping.
 */
export function relayDataOf(
  relays: readonly RelayMessage[],
  source: Uint8Array,
): { readonly peerAddress: Uint8Array; readonly message: Uint8Array } | undefined {
  let chain: RelayMessage | undefined;
  for (let index = relays.length - 1; index >= 0; index--) {
    const { message: _, ...relay } = relays[index] as RelayMessage;
    chain = chain === undefined ? relay : { ...relay, message: chain };
  }
  if (chain === undefined) return undefined;
  const bytes = encodeDhcpv6Message(chain);
  if (bytes.length > RELAY_DATA_OCTETS_MAX) return undefined;
  return { peerAddress: source, message: copyOf(bytes, 0, bytes.length) };
}
