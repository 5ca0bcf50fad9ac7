import { spawnSync } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { makeFinding } from '../../src/analyze/checks/finding.ts';
import { ProxyClient } from '../../src/cli/proxy/control-client.ts';
import { remoteSession } from '../../src/cli/proxy/remote-session.ts';
import { ControlConnection } from '../../src/control/http-client.ts';
import type { OpenControl } from '../../src/control/http-server.ts';
import type { ControlPlace } from '../../src/control/place.ts';
import { loadDissectors } from '../../src/dissect/load.ts';
import { controlTarget, openProxyControl } from '../../src/proxy/control.ts';
import { ROUTES } from '../../src/proxy/control-routes.ts';
import type { ProxyEvent } from '../../src/proxy/events.ts';
import { GROUP_ROUTES } from '../../src/proxy/group-routes.ts';
import { toJsonKeys } from '../../src/proxy/json-keys.ts';
import type { Known } from '../../src/proxy/known.ts';
import { lineText } from '../../src/render/style.ts';
import { initialModel } from '../../src/tui/model.ts';
import { headerLines } from '../../src/tui/panes/header.ts';
import { update } from '../../src/tui/update.ts';
import { readExposition } from '../support/exposition.ts';
import { OpenApi } from '../support/openapi.ts';
import { temporaryFolder } from '../support/process.ts';
import { groupOf, read, type Tapped, tapped, until } from '../support/relay.ts';
import { unit } from '../support/unit.ts';

const BNDUPD = unit(24, 2);
const dissectors = loadDissectors();
const api = new OpenApi('openapi-proxy.yaml');

describe('the control of a proxy', () => {
  let tap: Tapped;
  let control: OpenControl;
  let path: string;
  let client: ProxyClient;
  beforeEach(async () => {
    path = join(temporaryFolder(), 'tap.sock');
    tap = await tapped();
    control = await openProxyControl(
      { kind: 'unix', path },
      controlTarget(await groupOf(tap.proxy), { version: '1.2.3' }),
    );
    client = new ProxyClient({ kind: 'unix', path });
  });
  afterEach(async () => {
    await control.close();
    await tap.close();
  });

  it('is for its owner alone', () => {
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('arms, lists, changes and removes faults, and they act', async () => {
    const view = await client.add('drop p>s BNDUPD nth 2 id D');
    expect(api.deviations('Fault', toJsonKeys(view))).toEqual([]);
    await client.add({ do: 'delay', by: '1ms', id: 'L' });
    expect((await client.list()).map(({ id }) => id)).toEqual(['D', 'L']);
    tap.primary.write(Buffer.concat([BNDUPD, BNDUPD]));
    await read(tap.secondary, BNDUPD.length);
    await until(() => tap.proxy.stats().messages['p>s BNDUPD dropped'] === 1, 'the drop');
    await client.remove('D');
    expect(await client.reset()).toEqual(['L']);
    expect(await client.list()).toEqual([]);
  });

  it('says why it does not do something', async () => {
    await client.add('drop id D');
    await expect(client.add('drop id D')).rejects.toThrow('there is already a fault "D"');
    await expect(client.add('drop BNDUDP')).rejects.toThrow(
      'fault drop: there is no message BNDUDP; did you mean BNDUPD?',
    );
    // Neither a change nor a list that makes no sense takes away what is armed.
    const patch = client.call('PATCH', '/faults/D', { when: 'typ == 1' });
    await expect(patch).rejects.toThrow('did you mean type?');
    const list = client.call('POST', '/populate', ['drop id D times 1', 'drop BNDUDP']);
    await expect(list).rejects.toThrow('did you mean BNDUPD?');
    expect((await client.list()).map(({ id, spec }) => [id, spec.times])).toEqual([['D', undefined]]);
    const odd = client.call('POST', '/faults', { fault: 'drop', times: 3 });
    await expect(odd).rejects.toThrow('unknown key "times" beside "fault"; expected id or relationship');
    const named = await client.call('POST', '/faults', { fault: 'drop s>p', id: 'N' });
    expect(named).toMatchObject({ id: 'N' });
    await client.remove('N');
    await expect(client.call('POST', '/faults', { fault: 'drop', id: '7 7' })).rejects.toThrow(
      'id: expected a letter',
    );
    await expect(client.add('dorp')).rejects.toThrow('unknown fault "dorp"');
    await expect(client.remove('X')).rejects.toThrow('there is no fault "X"');
    await expect(new ProxyClient({ kind: 'unix', path: `${path}.no` }).list()).rejects.toThrow(
      'no proxy answers there',
    );
  });

  it('changes a fault without drawing another seed', async () => {
    const { seed } = await client.add('drop probability 0.5 id D');
    const patched = (await client.call('PATCH', '/faults/D', { times: 2 })) as { seed: number };
    expect(patched.seed).toBe(seed);
    expect(await client.call('PATCH', '/faults/D', { seed: 7 })).toMatchObject({ seed: 7 });
  });

  // A view far away gets the same messages: octets, direction, time, verdict.
  it('streams events, and removes what is tied to a reader that goes', async () => {
    await client.add('drop s>p id D');
    const seen: (ProxyEvent | Known)[] = [];
    const stop = new AbortController();
    const reading = (async () => {
      for await (const event of client.events(dissectors, stop.signal, ['D'])) seen.push(event);
    })();
    await new Promise((resolve) => setTimeout(resolve, 50));
    tap.primary.write(BNDUPD);
    await until(() => seen.length > 1, 'an event');
    const original = tap.events.find((event) => event.kind === 'message');
    const event = seen.at(-1);
    expect(event).toMatchObject({ kind: 'message', verdict: 'forwarded' });
    if (event?.kind === 'message' && original?.kind === 'message') {
      expect(event.message.json()).toBe(original.message.json());
    }
    stop.abort();
    await reading;
    await until(() => tap.proxy.listFaults().length === 0, 'the tied fault to go');
  });

  it('tells of the first hundred messages that wait, and of the octets of all', async () => {
    await client.call('POST', '/pause', { direction: 'p>s' });
    tap.primary.write(Buffer.concat(Array.from({ length: 103 }, (_, xid) => unit(35, xid))));
    await until(() => tap.proxy.listFaults()[0]?.heldOctets === 1030, 'all messages to wait');
    const waiting = (await client.list())[0]?.waiting ?? [];
    expect(waiting.map(({ transactionId }) => transactionId)).toEqual([...Array(100).keys()]);
    await client.call('POST', '/resume');
    expect((await read(tap.secondary, 1030)).length).toBe(1030);
  });

  it('pauses, steps and resumes', async () => {
    const post = (place: string, body?: unknown) => client.call('POST', place, body);
    await post('/pause', { direction: 'p>s' });
    tap.primary.write(Buffer.concat([BNDUPD, unit(35, 3), unit(35, 4)]));
    await until(() => (tap.proxy.listFaults()[0]?.heldOctets ?? 0) > 0, 'messages to wait');
    await post('/step');
    expect(await read(tap.secondary, BNDUPD.length)).toEqual(BNDUPD);
    await post('/resume');
    expect((await read(tap.secondary, 20)).length).toBe(20);
  });

  it('steps message by message through both directions, and stops where a filter says', async () => {
    const post = (place: string, body?: unknown) => client.call('POST', place, body);
    await post('/pause', { when: 'type == CONTACT && dir == p>s' });
    tap.primary.write(Buffer.concat([BNDUPD, unit(35, 3)]));
    expect(await read(tap.secondary, BNDUPD.length)).toEqual(BNDUPD);
    const held = (octets: number) => () => tap.proxy.listFaults()[0]?.heldOctets === octets;
    await until(held(10), 'the first to wait');
    tap.secondary.write(Buffer.concat([unit(35, 9)]));
    await until(held(20), 'the second to wait');
    const [view] = await client.list();
    expect(api.deviations('Fault', toJsonKeys(view))).toEqual([]);
    expect(
      view?.waiting?.map(({ direction, type, transactionId }) => [direction, type, transactionId]),
    ).toEqual([
      ['p>s', 'CONTACT', 3],
      ['s>p', 'CONTACT', 9],
    ]);
    expect(await post('/step')).toEqual({ released: true });
    expect(await read(tap.secondary, 10)).toEqual(unit(35, 3));
    expect(held(10)()).toBe(true);
    // It stays stopped between two steps.
    tap.primary.write(unit(35, 4));
    await until(held(20), 'the third to wait');
    expect((await client.list())[0]?.waiting?.map(({ transactionId }) => transactionId)).toEqual([9, 4]);
    await client.release('pause', [1]);
    expect(await read(tap.secondary, 10)).toEqual(unit(35, 4));
    await post('/step');
    expect(await read(tap.primary, 10)).toEqual(unit(35, 9));
    expect(await post('/step')).toEqual({ released: false });
    expect(await client.release('pause', [7])).toBe(false);
  });

  // Servers announce nothing anew for whoever comes to look later.
  it('tells a view that comes late all that is known', async () => {
    // Keepalive-time 60, max-unacked 100, MCLT 3600, "campus"; then NORMAL.
    const said = '008000040000003c0079000400000064007a000400000e100082000663616d707573';
    tap.primary.write(Buffer.concat([unit(31, 1, said), unit(34, 2, '0084000102'), BNDUPD]));
    tap.secondary.write(Buffer.concat([unit(32, 1, said)]));
    const counted = () => Object.values(tap.proxy.stats().messages).reduce((sum, count) => sum + count, 0);
    await until(() => counted() === 4, 'four messages');

    const ends = new AbortController();
    onTestFinished(() => ends.abort());
    const session = await remoteSession(client, 'late', dissectors, ends.signal, () => undefined);
    const facts = { title: 'late', live: true, canFault: true, compileFilter: undefined };
    let model = initialModel(facts, { columns: 200, rows: 24 }, Date.now());
    const notes: string[] = [];
    session.subscribe((item) => {
      [model] = update(model, { kind: 'item', item });
      if (item.kind === 'note') notes.push(item.text);
    });
    await until(() => notes.length > 0, 'what is known');
    expect(notes).toEqual([
      'before: the primary announced NORMAL, the secondary has announced nothing yet; connection 0 up',
    ]);
    const [title = '', primary = '', secondary = '', next = ''] = headerLines(model).map(lineText);
    expect(title).toContain('late "campus"');
    expect(primary).toMatch(/^primary +NORMAL .*window 0\/100 +heard [0-9]s/);
    expect(secondary).toMatch(/^secondary +not heard yet .*window 0\/100 +heard [0-9]s/);
    // A quarter of the keepalive-time, and all of it; who comes first depends on whose octets were read first.
    expect(next).toMatch(/primary: CONTACT in 1[0-5]s/);
    expect(next).toMatch(/secondary: drops the connection in (5[0-9]|60)s/);

    // From here on it is as if it had always been there.
    tap.secondary.write(unit(34, 3, '0084000103'));
    await until(
      () => headerLines(model).map(lineText)[2]?.includes('COMMUNICATIONS-INTERRUPTED') === true,
      'it',
    );
    tap.primary.destroy();
    tap.secondary.destroy();
    await until(() => headerLines(model).map(lineText)[3]?.includes('no connection') === true, 'the end');
  });

  // Only who had been there heard of them.
  it('tells a view that comes late what was found', async () => {
    const target = controlTarget(await groupOf(tap.proxy), { version: '1' });
    const said = { index: 4, packet: 7, connection: 0, transactionId: 9, sentTime: 0, atMillis: 1 };
    const reply = { ...said, role: 'secondary', type: 25, name: 'BNDREPLY' } as const;
    const finding = makeFinding('bndreply-transaction-id', reply, 'it answers nothing');
    for (let at = 0; at < 102; at++) target.known.event({ kind: 'finding', finding, atMillis: at });
    target.known.event({ kind: 'finding', finding, relationship: 'campus', atMillis: 102 });
    const known = target.known.of();
    expect(known.findings).toHaveLength(100);
    expect(known.findings.at(-1)).toMatchObject({ finding, atMillis: 102 });
    expect(target.known.of('campus').findings).toHaveLength(1);
    expect(api.deviations('Known', JSON.parse(JSON.stringify(toJsonKeys(known))))).toEqual([]);
  });

  it('begins a stream of events with what is known, as described', async () => {
    tap.primary.write(unit(34, 1, '0084000102'));
    await until(() => tap.proxy.stats().states.primary === 'NORMAL', 'the STATE');
    for (const place of ['/events', '/proxies/main/events']) {
      const stop = new AbortController();
      for await (const first of new ControlConnection({ kind: 'unix', path }, 'proxy').events(
        place,
        stop.signal,
      )) {
        expect(api.deviations('Known', first)).toEqual([]);
        expect(first).toMatchObject({
          kind: 'known',
          relationships: [{ up: true, primary: { state: 'NORMAL' } }],
        });
        stop.abort();
      }
    }
  });

  it('has metrics for Prometheus', async () => {
    tap.primary.write(BNDUPD);
    await read(tap.secondary, BNDUPD.length);
    await client.add('drop BNDREPLY');
    const [type, text] = await fetchText(path, '/metrics');
    expect(type).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(text).toContain('leasetap_messages_total{direction="p>s",type="BNDUPD",verdict="forwarded"} 1');
    expect(text).toContain('leasetap_updates_unacked{direction="p>s"} 1');
    expect(text).toContain('leasetap_faults_armed 1');
    expect(readExposition(text).size).toBeGreaterThan(8);
  });

  it('does on TCP nothing without the token', async () => {
    const token = 'a-token-of-enough-length';
    const end = { address: '127.0.0.1', port: 0 };
    const target = controlTarget(await groupOf(tap.proxy), { version: '1' });
    const tcp = await openProxyControl({ kind: 'tcp', end, token }, target);
    expect(await new ProxyClient(tcp.place).list()).toEqual([]);
    const stranger = new ProxyClient({ ...tcp.place, token: 'another-token-here' } as ControlPlace);
    await expect(stranger.list()).rejects.toThrow('Authorization');
    await tcp.close();
  });

  it('does not take the place of another one, but of one that has crashed', async () => {
    const target = controlTarget(await groupOf(tap.proxy), { version: '1' });
    await expect(openProxyControl({ kind: 'unix', path }, target)).rejects.toThrow(
      'another program uses this',
    );
    const left = `${path}.left`;
    const crash = `require('net').createServer().listen(${JSON.stringify(left)}, () => process.kill(process.pid, 9))`;
    spawnSync(process.execPath, ['-e', crash]);
    expect(statSync(left).isSocket()).toBe(true);
    await (await openProxyControl({ kind: 'unix', path: left }, target)).close();
    // A file is not one of a crash, whatever it is called.
    writeFileSync(left, 'not to be lost');
    await expect(openProxyControl({ kind: 'unix', path: left }, target)).rejects.toThrow('than a socket');
    expect(statSync(left).size).toBe(14);
  });
});

describe('its description', () => {
  it('is what is answered', async () => {
    const tap = await tapped();
    const path = join(temporaryFolder(), 'tap.sock');
    const target = controlTarget(await groupOf(tap.proxy), { version: '1' });
    const control = await openProxyControl({ kind: 'unix', path }, target);
    const ask = (method: string, place: string, body?: unknown) =>
      new ProxyClient({ kind: 'unix', path }).call(method, place, body);
    tap.primary.write(BNDUPD);
    await read(tap.secondary, BNDUPD.length);
    expect(api.deviations('Stats', await ask('GET', '/stats'))).toEqual([]);
    const [only] = (await ask('GET', '/proxies')) as unknown[];
    expect(api.deviations('Relationship', only)).toEqual([]);
    const hold = { do: 'hold', direction: 'p>s', duration: '1h', id: 'H' };
    expect(api.deviations('Fault', await ask('POST', '/faults', hold))).toEqual([]);
    expect(api.deviations('Fault', await ask('PATCH', '/proxies/main/faults/H', { times: 2 }))).toEqual([]);
    const wanted = {
      name: 'a',
      listen: '[::1]:0',
      to: '[::1]:9',
      tls: { cert: 'a', key: 'b' },
      enabled: false,
    };
    expect(api.deviations('RelationshipInput', wanted)).toEqual([]);
    expect(api.deviations('Relationship', await ask('POST', '/proxies', wanted))).toEqual([]);
    expect(api.deviations('RelationshipInput', { ...wanted, tls: {} })).toHaveLength(1);
    await control.close();
    await tap.close();
  });

  it('names every route and no other', () => {
    const oneOf = Object.keys(ROUTES).map((route) => route.replace(' /', ' /proxies/{name}/'));
    expect([...api.routes].sort()).toEqual(
      [...Object.keys(ROUTES), ...oneOf, ...Object.keys(GROUP_ROUTES)].sort(),
    );
  });
});

/** Content type and text. */
function fetchText(socketPath: string, place: string): Promise<readonly [string | undefined, string]> {
  return import('node:http').then(
    ({ get }) =>
      new Promise((resolve, reject) => {
        get({ socketPath, path: place }, (response) => {
          let text = '';
          response.on('data', (part) => {
            text += part;
          });
          response.on('end', () => resolve([response.headers['content-type'], text]));
        }).on('error', reject);
      }),
  );
}
