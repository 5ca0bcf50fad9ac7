/** Goal: JSON says when a message was seen with all digits that the capture has, and what in a header cannot be. */
import { expect, it } from 'vitest';
import type { Resolution } from '../../src/base/timestamp.ts';
import { MICROSECONDS, NANOSECONDS } from '../../src/base/timestamp.ts';
import { dissect } from '../../src/dissect/dissect.ts';
import { DISSECTORS } from './captured.ts';
import { messageOf } from './made.ts';

it.each<[number, number, Resolution, string]>([
  [1_709_629_200, 2388, MICROSECONDS, '1709629200.002388'],
  [1, 1, NANOSECONDS, '1.000000001'],
  [7, 1, { ticksPerSecond: 1024, digits: 10 }, '7.0009765625'],
  [-1, 750_000, MICROSECONDS, '-0.250000'],
  [-100_000, 31_984, MICROSECONDS, '-99999.968016'],
])('%i seconds and %i ticks', (unixSeconds, ticks, resolution, timestamp) => {
  const { frame } = messageOf(Uint8Array.of(35, 0, 0, 1, 0, 0, 0, 0));
  const seen = { ...frame.seen, time: { unixSeconds, ticks, resolution } };
  expect(JSON.parse(dissect(DISSECTORS, { ...frame, seen }, 0).json())).toMatchObject({ timestamp });
});

it.each([
  [12, undefined],
  // Windows, while nobody knows that it is.
  [8, undefined],
  [0, 'payload-offset 0 is less than the 12-octet header'],
  [11, 'payload-offset 11 is less than the 12-octet header'],
  [200, 'message-size 15 is less than the 198-octet header'],
])('DHCPv4 failover with payload offset %i', (offset, malformed) => {
  // STATE with server-state NORMAL (draft-ietf-dhc-failover-12 §7.10), without its length.
  const octets = Uint8Array.of(10, offset, 0x65, 0xe6, 0xdf, 0x10, 0, 0, 0, 1, 0, 24, 0, 1, 2);
  const message = messageOf(octets, 'dhcpv4-failover');
  const json = JSON.parse(message.json());
  expect(json.malformed).toBe(malformed);
  expect(message.problems().length).toBe(malformed === undefined ? 0 : 1);
  const spoken = (dialect: string) => messageOf(octets, 'dhcpv4-failover', dialect).problems().length;
  expect(spoken('microsoft')).toBe(malformed === undefined ? 0 : 1);
  expect(spoken('isc')).toBe(offset === 12 ? 0 : 1);
  if (offset < 200)
    expect(json.options).toMatchObject([{ code: 24, value: { 'server-state-name': 'NORMAL' } }]);
});
