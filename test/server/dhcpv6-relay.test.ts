/** Goal: what is kept of relay agents with a lease (RFC 5007 §4.1.2.4) is what they said, and never much. */
import { expect, it } from 'vitest';
import { relayDataOf } from '../../src/server/dhcpv6-relay.ts';
import type { RelayMessage } from '../../src/wire/dhcpv6-messages.ts';

const SOURCE = new Uint8Array(16).fill(1);
const HEADER_OCTETS = 34;
const OPTION_HEADER_OCTETS = 4;

/** A RELAY-FORW without a message of so many octets. */
function relay(octets: number): RelayMessage {
  return {
    type: 'RELAY-FORW',
    hopCount: 0,
    linkAddress: new Uint8Array(16),
    peerAddress: new Uint8Array(16),
    interfaceId: new Uint8Array(octets - HEADER_OCTETS - OPTION_HEADER_OCTETS),
  };
}

it('is up to 1024 octets of them, or nothing', () => {
  expect(relayDataOf([relay(1024)], SOURCE)?.message).toHaveLength(1024);
  expect(relayDataOf([relay(1025)], SOURCE)).toBeUndefined();
});

it('counts the chain as a whole', () => {
  const [outer, inner] = [relay(500), relay(520)];
  expect(relayDataOf([outer, inner], SOURCE)?.message).toHaveLength(500 + OPTION_HEADER_OCTETS + 520);
  expect(relayDataOf([outer, relay(521)], SOURCE)).toBeUndefined();
});

it('is nothing without relay agents', () => {
  expect(relayDataOf([], SOURCE)).toBeUndefined();
});
