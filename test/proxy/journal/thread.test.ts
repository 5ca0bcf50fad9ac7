/** The thread that keeps, in the built program: alone on a processor with the thread that relays, and beside it. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/base/bytes.ts';
import { freePort, leasetap, mainFile, type Running, start, temporaryFolder } from '../../support/process.ts';
import { listening, portOf, read, until } from '../../support/relay.ts';
import { onSingleProcessor } from '../../support/single-processor.ts';
import { unit } from '../../support/unit.ts';

const CONTACT = 35;
const HOST = '::1';
/** Some batches, and the beginning of another. */
const BURST = 3000;
/** With a fault armed, if only for what does not come, messages are told as they come, and nobody looks at them later. */
const FAULT = ['--fault', 'drop s>p STATE'];

const WAYS = {
  'with all processors': leasetap,
  'on a single processor': (args: readonly string[]): Running => {
    const [file, ...words] = onSingleProcessor() ?? [process.execPath];
    return start(file, [...words, ...(words.length > 0 ? [process.execPath] : []), mainFile, ...args]);
  },
};

async function swallowing() {
  const server = await listening();
  server.on('connection', (socket) => socket.resume().on('error', () => undefined));
  return server;
}

describe.each(Object.entries(WAYS))('a proxy %s', (_, run) => {
  // Nothing comes after a burst that would push its last messages into the files.
  it('keeps the end of a burst, though the connection only rests', { timeout: 60_000 }, async () => {
    const folder = temporaryFolder();
    const [recording, log] = [join(folder, 'tap.pcapng'), join(folder, 'tap.jsonl')];
    const server = await swallowing();
    const to = `[${HOST}]:${portOf(server)}`;
    const proxy = run([
      'proxy',
      '-l',
      `[${HOST}]:0`,
      '-t',
      to,
      '-w',
      recording,
      '--log',
      log,
      '-q',
      ...FAULT,
    ]);
    const [, port] = await proxy.prints(/listening on \[::1\]:(\d+)/);
    const primary = connect({ host: HOST, port: Number(port) }).on('error', () => undefined);
    await once(primary, 'connect');
    primary.write(concatBytes(Array.from({ length: BURST }, (_, id) => unit(CONTACT, id, '00'.repeat(200)))));
    const lines = (): number => readFileSync(log, 'utf8').split('\n').length - 1;
    // Two lines more: of the fault and of the connection.
    // On a machine with other work two threads and a burst may take seconds.
    await until(() => lines() >= BURST + 2, `${BURST} messages in the log`, 30_000);
    const messages = readFileSync(log, 'utf8').trimEnd().split('\n').slice(2);
    const ids = messages.map((line) => (JSON.parse(line) as { transaction_id: number }).transaction_id);
    expect(ids).toEqual(ids.map((__, at) => at));
    primary.destroy();
    server.close();
  });

  // The files are opened by another thread, which takes a moment to start: the port is there before.
  it('serves who connects while it opens its files', { timeout: 60_000 }, async () => {
    const folder = temporaryFolder();
    const server = await listening();
    const accepted = once(server, 'connection');
    const port = await freePort(HOST);
    const to = `[${HOST}]:${portOf(server)}`;
    run(['proxy', '-l', `[${HOST}]:${port}`, '-t', to, '-w', join(folder, 'tap.pcapng'), '-q']);
    const primary = await earliest(port);
    const message = unit(CONTACT, 1);
    primary.write(message);
    const [secondary] = (await accepted) as [Socket];
    expect(await read(secondary, message.length)).toEqual(message);
    primary.destroy();
    secondary.destroy();
    server.close();
  });
});

/** A connection, as soon as somebody listens. */
async function earliest(port: number): Promise<Socket> {
  for (;;) {
    const socket = connect({ host: HOST, port });
    const isUp = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).on('error', () => resolve(false));
    });
    if (isUp) return socket;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
