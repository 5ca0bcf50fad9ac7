/** Messages from octets, as if they had been seen on a connection. For tests. */
import type { Flow } from '../../src/base/flow.ts';
import type { Frame, ProtocolName } from '../../src/base/frame.ts';
import { MICROSECONDS } from '../../src/base/timestamp.ts';
import { dissect } from '../../src/dissect/dissect.ts';
import type { Message } from '../../src/dissect/message.ts';
import { DISSECTORS } from './captured.ts';

export const FLOW: Flow = {
  id: 0,
  transport: 'tcp',
  ends: [
    { address: '2001:db8::10', port: 40_000 },
    { address: '2001:db8::20', port: 647 },
  ],
};

/** 2024-03-05T09:00:00Z, the time of the sample captures: 762944400 seconds after 2000 began. */
export const SEEN = { time: { unixSeconds: 1_709_629_200, ticks: 0, resolution: MICROSECONDS }, packet: 1 };

export function messageOf(
  bytes: Uint8Array,
  protocol: ProtocolName = 'dhcpv6-failover',
  dialect?: string,
): Message {
  const connection = { index: 0, flow: FLOW, protocol, ...(dialect !== undefined && { dialect }) };
  const frame: Frame = {
    connection,
    direction: 0,
    bytes,
    start: 0,
    end: bytes.length,
    seen: SEEN,
    streamOffset: 0,
    resync: false,
  };
  return dissect(DISSECTORS, frame, 0);
}
