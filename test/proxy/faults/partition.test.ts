import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { parseFault } from '../../../src/proxy/faults/short-form.ts';
import { closed, dialProxy, listening, read, startProxy, tapped, until } from '../../support/relay.ts';
import { unit } from '../../support/unit.ts';

const CONTACT = unit(35, 2);

describe('partition', () => {
  it('lets nothing pass until it heals itself, and then everything', async () => {
    const tap = await tapped();
    tap.proxy.armFault(parseFault('partition for 300ms'));
    tap.primary.write(CONTACT);
    tap.secondary.write(CONTACT);
    let early = 0;
    tap.secondary.on('data', () => early++);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(early).toBe(0);
    tap.secondary.removeAllListeners('data');
    expect(await read(tap.secondary, CONTACT.length)).toEqual(CONTACT);
    expect(await read(tap.primary, CONTACT.length)).toEqual(CONTACT);
    expect(tap.events.find((event) => event.kind === 'fault-gone')).toMatchObject({ reason: 'expired' });
    await tap.close();
  });

  it('leaves new connections without an answer until it ends', async () => {
    const server = await listening();
    const proxy = await startProxy(server);
    proxy.armFault(parseFault('partition id P'));
    let arrived = 0;
    server.on('connection', () => arrived++);
    const primary = dialProxy(proxy);
    await once(primary, 'connect');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(arrived).toBe(0);
    proxy.removeFault('P');
    await until(() => arrived === 1, 'the secondary to be dialled');
    primary.destroy();
    server.close();
    await proxy.close();
  });
});

describe('refuse', () => {
  it('resets new connections as often as it is told', async () => {
    const server = await listening();
    const proxy = await startProxy(server, { faults: [parseFault('refuse times 2')] });
    const events: string[] = [];
    proxy.subscribe((event) => events.push(event.kind));
    await closed(dialProxy(proxy));
    await closed(dialProxy(proxy));
    const third = dialProxy(proxy);
    await until(() => events.includes('connection-up'), 'the third connection');
    expect(events.filter((kind) => kind === 'connection-refused')).toHaveLength(2);
    expect(proxy.listFaults()).toEqual([]);
    third.destroy();
    server.close();
    await proxy.close();
  });
});

describe('stall', () => {
  // The sender must feel it: after the kernel's buffers are full, its own queue grows.
  it('stops reading from one side only, and loses nothing', async () => {
    const tap = await tapped();
    tap.proxy.armFault(parseFault('stall p>s id S'));
    const big = unit(24, 1, '00'.repeat(50_000));
    for (let sent = 0; sent < 200; sent++) tap.primary.write(big);
    tap.secondary.write(CONTACT);
    expect(await read(tap.primary, CONTACT.length)).toEqual(CONTACT);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(tap.primary.writableLength).toBeGreaterThan(1_000_000);
    tap.proxy.removeFault('S');
    expect((await read(tap.secondary, 200 * big.length)).length).toBe(200 * big.length);
    await tap.close();
  });
});
