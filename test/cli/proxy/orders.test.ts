/** Orders between servers that are not ours: by the operator's program, or by what the proxy knows; or told in time. */
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { checkOrders, type OrderSetup, ordersOf } from '../../../src/cli/proxy/orders.ts';
import { loadDissectors } from '../../../src/dissect/load.ts';
import { scenarioFrom } from '../../../src/proxy/scenario/scenario.ts';
import { temporaryFolder } from '../../support/process.ts';
import { portOf, tapped, until } from '../../support/relay.ts';
import { unit } from '../../support/unit.ts';

const dissectors = loadDissectors();
const scenario = (...orders: readonly string[]) =>
  scenarioFrom({ name: 'x', about: 'y', phases: [{ name: 'a', orders }] }, dissectors);

function program(text: string): string {
  const path = join(temporaryFolder(), 'order.sh');
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** A secondary that keeps what it hears, and drops whoever comes unless told otherwise. */
async function secondary(then: (socket: Socket) => void = (socket) => socket.destroy()) {
  const heard: Uint8Array[] = [];
  const from: (string | undefined)[] = [];
  const server = createServer((socket) => {
    from.push(socket.remoteAddress);
    socket.on('error', () => undefined);
    socket.on('data', (octets: Buffer) => {
      heard.push(new Uint8Array(octets));
      then(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  return { heard, from, at: { address: '127.0.0.1', port: portOf(server) } };
}

const silent: OrderSetup['subscribe'] = () => () => undefined;

it('are refused before anything begins if nobody could carry them out', () => {
  const flooding = scenario('secondary flood');
  const strange = scenario('secondary flood', 'secondary strangers');
  expect(() => checkOrders([flooding], {})).not.toThrow();
  expect(() => checkOrders([strange], { strangersFrom: '127.0.0.2' })).not.toThrow();
  expect(() => checkOrders([strange], {})).toThrow(
    'scenario "x": the order "secondary strangers" needs --on-order PROGRAM, or --strangers-from',
  );
  expect(() => checkOrders([scenario('secondary kill')], {})).toThrow(
    /^scenario "x": the order "secondary kill" needs --on-order PROGRAM$/,
  );
  expect(() => checkOrders([], { program: './nowhere/order.sh' })).toThrow(
    '--on-order ./nowhere/order.sh: no such file or directory',
  );
  expect(() => checkOrders([scenario('secondary kill')], { program: program('') })).not.toThrow();
});

it('go to the program, and its trouble is told', async () => {
  const at = { address: '127.0.0.1', port: 9 };
  const orders = (text: string) =>
    ordersOf({ program: program(text), secondary: at, subscribe: silent })('secondary kill');
  await orders('test "$1 $2" = "secondary kill"');
  await expect(orders('exit 3')).rejects.toThrow(/^its exit code is 3$/);
  await expect(orders('echo first >&2; echo no such server >&2; exit 1')).rejects.toThrow(/^no such server$/);
});

it('flood the secondary from where the proxy dials', async () => {
  const { from, at } = await secondary();
  await ordersOf({ secondary: at, from: '127.0.0.3', subscribe: silent })('secondary flood');
  await until(() => from.length === 100, 'the flood');
  expect(new Set(from)).toEqual(new Set(['127.0.0.3']));
});

it('have strangers say what the primary said, with the time of today', async () => {
  const tap = await tapped();
  onTestFinished(() => tap.close());
  const { heard, from, at } = await secondary();
  const order = ordersOf({
    secondary: at,
    strangersFrom: '127.0.0.2',
    subscribe: (listener) => tap.proxy.subscribe(listener),
  });
  await expect(order('secondary strangers')).rejects.toThrow('the primary has not said CONNECT yet');
  const said = unit(31, 7, '008000040000003c');
  tap.primary.write(said);
  await until(() => tap.proxy.stats().messages['p>s CONNECT forwarded'] === 1, 'the CONNECT');
  await order('secondary strangers');
  expect(heard).toHaveLength(20);
  expect(new Set(from)).toEqual(new Set(['127.0.0.2']));
  for (const octets of heard) {
    const sentTime = new DataView(octets.buffer).getUint32(6);
    // 2000-01-01 in Unix seconds.
    expect(Math.abs(sentTime - (Date.now() / 1000 - 946_684_800))).toBeLessThan(30);
    octets.fill(0, 6, 10);
    expect(octets).toEqual(said);
  }
  const answering = await secondary((socket) => socket.end('who is there?'));
  const asked = ordersOf({ secondary: answering.at, subscribe: (listener) => tap.proxy.subscribe(listener) });
  tap.primary.write(said);
  await until(() => tap.proxy.stats().messages['p>s CONNECT forwarded'] === 2, 'another CONNECT');
  await expect(asked('secondary strangers')).rejects.toThrow('a stranger was answered');
});
