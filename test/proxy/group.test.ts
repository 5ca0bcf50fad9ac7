import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/clock.ts';
import { loadDissectors } from '../../src/dissect/load.ts';
import type { ProxyEvent } from '../../src/proxy/events.ts';
import { parseFault } from '../../src/proxy/faults/short-form.ts';
import { ProxyGroup, RELATIONSHIPS_MAX } from '../../src/proxy/group.ts';
import { Numbering } from '../../src/proxy/numbering.ts';
import { type RelationshipSettings, UNNAMED } from '../../src/proxy/relationship.ts';
import { ProxySession } from '../../src/proxy/relay.ts';
import { listening, portOf, read, until } from '../support/relay.ts';
import { unit } from '../support/unit.ts';

const dissectors = loadDissectors();
const BNDUPD = unit(24, 2);
const CONTACT = unit(35, 3);

/** Real proxies on loopback; what was started is told with its run. */
function group(runs: string[] = []): ProxyGroup {
  const numbering = new Numbering();
  return new ProxyGroup({
    checkFault: () => undefined,
    nowMillis: () => 7,
    start: async (settings, run) => {
      runs.push(`${settings.name} ${run}`);
      return await ProxySession.start({
        listen: settings.listen,
        dial: settings.to,
        faults: settings.faults,
        random: seededRandom(1),
        dissectors,
        numbering,
        ...(settings.name === UNNAMED ? {} : { relationship: settings.name }),
      });
    },
  });
}

function settings(name: string, port: number, host = '::1'): RelationshipSettings {
  return {
    name,
    listen: { address: host, port: 0 },
    to: { address: '::1', port },
    enabled: true,
    faults: [],
  };
}

describe('several relationships in one process', () => {
  const ends: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function secondary() {
    const server = await listening();
    ends.push(() => server.close());
    const received: Buffer[] = [];
    server.on('connection', (socket) => {
      ends.push(() => socket.destroy());
      socket.on('error', () => undefined);
      socket.on('data', (part: Buffer) => {
        received.push(part);
        socket.write(part);
      });
    });
    return { port: portOf(server), received: () => Buffer.concat(received) };
  }

  function dial(port: number, host = '::1') {
    const socket = connect({ host, port });
    socket.on('error', () => undefined);
    ends.push(() => socket.destroy());
    return socket;
  }

  it('keeps messages, faults and counters of each apart, over IPv4 and IPv6', async () => {
    const [one, two] = [await secondary(), await secondary()];
    const both = group();
    ends.push(() => both.close());
    const campus = await both.add(settings('campus', one.port));
    const branch = await both.add(settings('branch', two.port, '127.0.0.1'));
    const events: ProxyEvent[] = [];
    both.subscribe((event) => events.push(event));
    both.armFault(parseFault('drop p>s BNDUPD relationship campus'));
    const toCampus = dial(campus.listening?.port ?? 0);
    toCampus.write(Buffer.concat([BNDUPD, CONTACT]));
    expect(await read(toCampus, CONTACT.length)).toEqual(CONTACT);
    const toBranch = dial(branch.listening?.port ?? 0, '127.0.0.1');
    toBranch.write(BNDUPD);
    expect(await read(toBranch, BNDUPD.length)).toEqual(BNDUPD);
    expect(both.of('campus').stats().messages).toMatchObject({ 'p>s BNDUPD dropped': 1 });
    expect(both.of('branch').stats().messages).toMatchObject({ 'p>s BNDUPD forwarded': 1 });
    expect(both.listFaults()).toMatchObject([{ id: 'campus/F1', relationship: 'campus', hits: 1 }]);
    // A view of both can tell connections and messages by their numbers, and by the name.
    const messages = events.flatMap((event) => (event.kind === 'message' ? [event.message] : []));
    expect(new Set(messages.map(({ index }) => index)).size).toBe(messages.length);
    expect(messages.map(({ frame }) => [frame.connection.index, frame.connection.relationship])).toEqual(
      expect.arrayContaining([
        [0, 'campus'],
        [1, 'branch'],
      ]),
    );
    expect(events.every((event) => event.relationship !== undefined)).toBe(true);
  });

  it('wants a name as soon as it is not clear which is meant', async () => {
    const { port } = await secondary();
    const several = group();
    ends.push(() => several.close());
    await several.add(settings('campus', port));
    several.armFault(parseFault('drop id D'));
    await several.add(settings('branch', port));
    expect(() => several.armFault(parseFault('drop'))).toThrow(
      'expected the name of a relationship: campus, branch',
    );
    expect(() => several.stats()).toThrow('campus, branch');
    expect(() => several.armFault(parseFault('drop relationship campu'))).toThrow('did you mean campus?');
    await expect(several.add(settings('campus', port))).rejects.toThrow('already a relationship "campus"');
    // An id that only one of them has is clear enough.
    expect(several.removeFault('X')).toBe(false);
    expect(several.removeFault('D')).toBe(true);
    expect(several.listFaults()).toEqual([]);
  });

  it('ends one and leaves the other alone', async () => {
    const [one, two] = [await secondary(), await secondary()];
    const both = group();
    ends.push(() => both.close());
    await both.add(settings('campus', one.port));
    const branch = await both.add(settings('branch', two.port));
    const events: ProxyEvent[] = [];
    both.subscribe((event) => events.push(event));
    const toBranch = dial(branch.listening?.port ?? 0);
    toBranch.write(CONTACT);
    await read(toBranch, CONTACT.length);
    await both.remove('campus');
    toBranch.write(BNDUPD);
    expect(await read(toBranch, BNDUPD.length)).toEqual(BNDUPD);
    expect(both.relationships().map((view) => view.settings.name)).toEqual(['branch']);
    expect(events.filter(({ kind }) => kind === 'relationship')).toMatchObject([
      { what: 'closed', relationship: 'campus', atMillis: 7 },
    ]);
  });

  it('serves one with other settings: its connections end, its faults stay, listeners go on', async () => {
    const [one, two] = [await secondary(), await secondary()];
    const runs: string[] = [];
    const only = group(runs);
    ends.push(() => only.close());
    const before = await only.add(settings('campus', one.port));
    only.armFault(parseFault('drop p>s BNDUPD id D seed 5'));
    const events: ProxyEvent[] = [];
    only.subscribe((event) => events.push(event));
    const old = dial(before.listening?.port ?? 0);
    old.write(CONTACT);
    await read(old, CONTACT.length);
    const after = await only.change('campus', (was) => ({ ...was, to: { address: '::1', port: two.port } }));
    await until(() => old.destroyed || old.readableEnded, 'the old connection to end');
    const fresh = dial(after.listening?.port ?? 0);
    fresh.write(Buffer.concat([BNDUPD, CONTACT]));
    expect(await read(fresh, CONTACT.length)).toEqual(CONTACT);
    expect(two.received()).toEqual(Buffer.from(CONTACT));
    expect(only.listFaults()).toMatchObject([{ id: 'campus/D', seed: 5, hits: 1 }]);
    expect(events.some((event) => event.kind === 'message' && event.verdict === 'dropped')).toBe(true);
    // The second run gets files of its own.
    expect(runs).toEqual(['campus 1', 'campus 2']);
  });

  it('is disabled and enabled again', async () => {
    const { port } = await secondary();
    const only = group();
    ends.push(() => only.close());
    await only.add(settings('campus', port));
    await only.change('campus', (was) => ({ ...was, enabled: false }));
    expect(only.relationships()).toMatchObject([{ settings: { enabled: false } }]);
    expect(only.relationships()[0]).not.toHaveProperty('listening');
    expect(() => only.of('campus').stats()).toThrow('disabled');
    const again = await only.change('campus', (was) => ({ ...was, enabled: true }));
    expect(again.listening).toBeDefined();
  });

  it('is not there if it cannot listen, and disabled if it cannot any more', async () => {
    const { port } = await secondary();
    const some = group();
    ends.push(() => some.close());
    const taken = { ...settings('campus', port), listen: { address: '::1', port } };
    await expect(some.add(taken)).rejects.toThrow('EADDRINUSE');
    expect(some.relationships()).toEqual([]);
    await some.add(settings('campus', port));
    await expect(some.change('campus', () => taken)).rejects.toThrow('EADDRINUSE');
    expect(some.relationships()).toMatchObject([{ settings: { enabled: false } }]);
  });

  it('does one thing after the other', async () => {
    const { port } = await secondary();
    const some = group();
    ends.push(() => some.close());
    await some.add(settings('campus', port));
    const flip = (enabled: boolean) => some.change('campus', (was) => ({ ...was, enabled }));
    const last = (await Promise.all([flip(false), flip(true), flip(false), flip(true)])).at(-1);
    expect(last?.listening).toEqual(some.relationships()[0]?.listening);
  });

  it('has a bound', async () => {
    const { port } = await secondary();
    const many = group();
    ends.push(() => many.close());
    for (let count = 0; count < RELATIONSHIPS_MAX; count++)
      await many.add({ ...settings(`r${count}`, port), enabled: false });
    await expect(many.add(settings('more', port))).rejects.toThrow(`at most ${RELATIONSHIPS_MAX}`);
  });
});
