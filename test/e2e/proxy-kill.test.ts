/** SIGKILL of the proxy under load: the recording can be read, and holds all but what the last moments brought. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { concatBytes, readU24 } from '../../src/base/bytes.ts';
import { fileSource } from '../../src/capture/files.ts';
import { readCapture } from '../../src/capture/read.ts';
import { Cutter } from '../../src/proxy/cutter.ts';
import { ConnectionDialect } from '../../src/proxy/dialect.ts';
import { FLUSH_INTERVAL_MILLIS } from '../../src/proxy/recorder-file.ts';
import { leasetap, temporaryFolder } from '../support/process.ts';
import { listening, portOf } from '../support/relay.ts';
import { unit } from '../support/unit.ts';

const KILLS = 8;
/** A message each few milliseconds; its transaction-id says when it was sent. */
const PACE_MILLIS = 5;
/** Beside the flush interval: what a busy machine needs to come round to it. */
const SLACK_MILLIS = 400;

it(`survives ${KILLS} kills`, async () => {
  for (let kill = 0; kill < KILLS; kill++) {
    const recording = join(temporaryFolder(), 'tap.pcapng');
    const server = await listening();
    server.on('connection', (socket) => socket.resume().on('error', () => undefined));
    const proxy = leasetap([
      'proxy',
      '-l',
      '[::1]:0',
      '-t',
      `[::1]:${portOf(server)}`,
      '-w',
      recording,
      '-q',
    ]);
    const [, port] = await proxy.prints(/listening on \[::1\]:(\d+)/);
    const primary = connect({ host: '::1', port: Number(port) }).on('error', () => undefined);
    await once(primary, 'connect');
    const sent = await sendFor(primary, 300 + 50 * kill);
    await proxy.kill('SIGKILL');
    primary.destroy();
    server.close();
    const ids = await idsOnPrimaryLeg(recording, Number(port));
    expect(ids).toEqual(ids.map((_, index) => index));
    const lostMillis = (sent - ids.length) * PACE_MILLIS;
    expect(lostMillis).toBeLessThan(FLUSH_INTERVAL_MILLIS + SLACK_MILLIS);
    expect(ids.length).toBeGreaterThan(0);
  }
});

/** How many messages were sent. */
async function sendFor(socket: Socket, millis: number): Promise<number> {
  const end = performance.now() + millis;
  let sent = 0;
  while (performance.now() < end) {
    socket.write(unit(35, sent++));
    await new Promise((resolve) => setTimeout(resolve, PACE_MILLIS));
  }
  return sent;
}

/** Transaction-ids of the messages that the recording holds, read through IP and TCP as from any capture. */
async function idsOnPrimaryLeg(recording: string, port: number): Promise<number[]> {
  const parts: Uint8Array[] = [];
  await readCapture([fileSource(recording)], {
    open: () => undefined,
    data: (flow, direction, bytes, start, end) => {
      if (flow.ends[1].port === port && direction === 0) parts.push(bytes.slice(start, end));
    },
    gap: () => undefined,
    close: () => undefined,
  });
  const cuts = new Cutter(new ConnectionDialect()).push(concatBytes(parts));
  return cuts.map(({ octets }) => readU24(octets, 3));
}
