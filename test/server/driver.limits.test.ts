/** Goal: a server whose disk hangs does not gather answers without end: what is beyond its limit it drops, and counts. */
import { createSocket } from 'node:dgram';
import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { StoreRecord } from '../../src/failover/io.ts';
import { FailoverServer } from '../../src/server/driver.ts';
import { encodeDhcpv6Message } from '../../src/wire/dhcpv6.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { clock, configOf, PATIENCE, scratch } from './pair.ts';

const ANSWERS_MAX = 20_000;
const BEYOND = 50;
/** Datagrams that the buffer of a socket takes before its owner looks. */
const AT_ONCE = 50;

/** Hangs until it is let go. */
class HangingStore extends MemoryStore {
  hangs = false;
  private readonly waiting: (() => void)[] = [];

  override save(relationship: string, records: readonly StoreRecord[], stored: () => void): void {
    if (this.hangs) this.waiting.push(() => super.save(relationship, records, stored));
    else super.save(relationship, records, stored);
  }

  letGo(): void {
    this.hangs = false;
    for (const save of this.waiting.splice(0)) save();
  }
}

test('answers that wait for the store have a limit', async () => {
  const store = new HangingStore();
  const server = new FailoverServer(configOf('primary', scratch(), 9), store, clock);
  await server.start();
  onTestFinished(() => server.stop());
  onTestFinished(() => store.letGo());
  // Without memory and without its partner a primary serves (RFC 8156 §8.2).
  await vi.waitFor(() => expect(server.endpoints[0]?.endpoint.state).toBe('PARTNER-DOWN'), PATIENCE);
  const { port } = server.listening.dhcpv6[0] ?? { port: 0 };
  const client = createSocket('udp6');
  onTestFinished(() => {
    client.close();
  });
  const answered = () => server.answered.counted();
  const unanswered = () => server.unanswered.counted();

  store.hangs = true;
  const request = relayedRequest(server.duid);
  for (let sent = 0; sent < ANSWERS_MAX + BEYOND; sent += AT_ONCE) {
    for (let at = 0; at < AT_ONCE; at++) client.send(request, port, '::1');
    for (let turn = 0; turn < 4; turn++) await setImmediate();
  }
  await vi.waitFor(() => expect(unanswered()).toEqual({ 'too many answers are waiting': BEYOND }), PATIENCE);
  expect(answered()).toEqual({});

  store.letGo();
  await vi.waitFor(() => expect(answered()).toEqual({ REPLY: ANSWERS_MAX }), PATIENCE);
  client.send(request, port, '::1');
  await vi.waitFor(() => expect(answered()).toEqual({ REPLY: ANSWERS_MAX + 1 }), PATIENCE);
});

function relayedRequest(serverId: Uint8Array): Uint8Array {
  const linkAddress = new Uint8Array([0x20, 1, 0xd, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
  const clientId = Uint8Array.of(0, 3, 0, 1, 2, 0, 0, 0, 1, 1);
  return encodeDhcpv6Message({
    type: 'RELAY-FORW',
    hopCount: 0,
    linkAddress,
    peerAddress: linkAddress,
    message: {
      type: 'REQUEST',
      transactionId: 0x123456,
      clientId,
      serverId,
      ias: [{ kind: 'IA_NA', iaid: 1, t1: 0, t2: 0, leases: [] }],
    },
  });
}
