import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseFault } from '../../src/proxy/faults/short-form.ts';
import {
  closed,
  dialProxy,
  listening,
  read,
  startProxy,
  type Tapped,
  tapped,
  until,
} from '../support/relay.ts';
import { unit } from '../support/unit.ts';

const CONNECT = unit(31, 1);
const BNDUPD = unit(24, 2);

describe('a proxy between two sockets', () => {
  let tap: Tapped | undefined;
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'leasetap-relay-'));
  });
  afterEach(async () => {
    await tap?.close();
    tap = undefined;
    rmSync(folder, { recursive: true });
  });

  it('carries octets both ways and tells the messages', async () => {
    tap = await tapped();
    tap.primary.write(CONNECT);
    expect(await read(tap.secondary, CONNECT.length)).toEqual(CONNECT);
    tap.secondary.write(BNDUPD);
    expect(await read(tap.primary, BNDUPD.length)).toEqual(BNDUPD);
    expect(tap.proxy.stats().messages).toEqual({ 'p>s CONNECT forwarded': 1, 's>p BNDUPD forwarded': 1 });
    expect(tap.events.map((event) => event.kind)).toEqual(['connection-up', 'message', 'message']);
  });

  it('carries a half-close: the other direction goes on', async () => {
    tap = await tapped();
    tap.primary.end(CONNECT);
    expect(await read(tap.secondary, CONNECT.length)).toEqual(CONNECT);
    tap.secondary.resume();
    await once(tap.secondary, 'end');
    tap.secondary.end(BNDUPD);
    expect(await read(tap.primary, BNDUPD.length)).toEqual(BNDUPD);
    tap.primary.resume();
    await once(tap.primary, 'end');
    await until(() => tap?.events.at(-1)?.kind === 'connection-down', 'connection-down');
    expect(tap.events.at(-1)).toMatchObject({ reason: 'closed by the primary' });
  });

  it('passes a reset on as a reset', async () => {
    tap = await tapped();
    const failed = closed(tap.secondary);
    tap.primary.resetAndDestroy();
    await failed;
    await until(() => tap?.events.at(-1)?.kind === 'connection-down', 'connection-down');
    expect(tap.events.at(-1)).toMatchObject({ reason: 'reset by the primary' });
  });

  // The sender must feel a receiver that does not read: kernel buffers and ours are bounded.
  it('lets back-pressure through, and loses nothing', async () => {
    tap = await tapped();
    const message = unit(24, 7, 'ab'.repeat(60_000));
    const total = 400;
    let sent = 0;
    while (sent < total && tap.primary.write(message)) sent++;
    for (; sent < total; sent++) tap.primary.write(message);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(tap.primary.writableLength).toBeGreaterThan(1_000_000);
    expect(tap.proxy.stats().octetsReceived[0]).toBeLessThan(total * message.length);
    const all = await read(tap.secondary, total * message.length);
    expect(all.subarray(-message.length)).toEqual(message);
  });

  it('refuses the primary while the secondary is absent, says why, and goes on listening', async () => {
    const server = await listening();
    const proxy = await startProxy(server);
    await new Promise((resolve) => server.close(resolve));
    const events: unknown[] = [];
    proxy.subscribe((event) => events.push(event));
    for (let attempt = 0; attempt < 2; attempt++) await closed(dialProxy(proxy));
    expect(events).toEqual([
      expect.objectContaining({
        kind: 'connection-refused',
        reason: 'the secondary cannot be reached (ECONNREFUSED)',
      }),
      expect.objectContaining({ kind: 'connection-refused' }),
    ]);
    await proxy.close();
  });

  it('turns connections away beyond its limit', async () => {
    tap = await tapped({ connectionsMax: 1 });
    await closed(dialProxy(tap.proxy));
    expect(tap.events.at(-1)).toMatchObject({
      kind: 'connection-refused',
      reason: 'more than 1 connections',
    });
  });

  // OPTION_F_KEEPALIVE_TIME (128) of the receiver, here 60 s, counts from what it heard last (RFC 8156 §6.5).
  it('counts down to the end of the connection while a fault holds messages', async () => {
    tap = await tapped();
    const reply = unit(32, 1, '008000040000003c');
    tap.secondary.write(reply);
    await read(tap.primary, reply.length);
    tap.primary.write(CONNECT);
    await read(tap.secondary, CONNECT.length);
    const last = Date.now();
    tap.proxy.armFault(parseFault('hold p>s BNDUPD'));
    expect(tap.proxy.listFaults()[0]?.keepaliveEndsMillis).toBeUndefined();
    tap.primary.write(BNDUPD);
    await until(() => (tap?.proxy.listFaults()[0]?.heldOctets ?? 0) > 0, 'the message to be held');
    const ends = tap.proxy.listFaults()[0]?.keepaliveEndsMillis ?? 0;
    expect(Math.abs(ends - last - 60_000)).toBeLessThan(500);
  });

  it('drops what a fault tells it to drop, on the live connection, and logs that', async () => {
    const logPath = join(folder, 'log.jsonl');
    tap = await tapped({ logPath });
    const view = tap.proxy.armFault({
      do: 'drop',
      parameters: {},
      direction: 'p>s',
      types: ['BNDUPD'],
      times: 1,
      seed: 7,
    });
    expect(view).toMatchObject({
      id: 'F1',
      sentence: 'drops BNDUPD from the primary to the secondary, once',
    });
    tap.primary.write(Buffer.concat([CONNECT, BNDUPD, CONNECT]));
    expect(await read(tap.secondary, 2 * CONNECT.length)).toEqual(Uint8Array.from([...CONNECT, ...CONNECT]));
    expect(tap.proxy.stats().messages['p>s BNDUPD dropped']).toBe(1);
    expect(tap.proxy.listFaults()).toEqual([]);
    await tap.close();
    const lines = readFileSync(logPath, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => line.event ?? `${line.verdict}`)).toEqual([
      'connection-up',
      'fault-armed',
      'forwarded',
      'fault-hit',
      'dropped',
      'forwarded',
      'fault-gone',
      'connection-down',
    ]);
    expect(lines[4]).toMatchObject({
      verdict: 'dropped',
      faults: [{ fault: 'F1', action: 'drop', count: 1, seed: 7 }],
    });
  });
});
