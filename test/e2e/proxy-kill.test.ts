/**
 * SIGKILL of the proxy under load: the recording can be read, and holds all but what the last moments brought.
 * LEASETAP_KILLS=200 does it more often than a check has time for.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { concatBytes, readU24 } from '../../src/base/bytes.ts';
import { fileSource } from '../../src/capture/files.ts';
import { readCapture } from '../../src/capture/read.ts';
import { Cutter } from '../../src/proxy/cutter.ts';
import { ConnectionDialect } from '../../src/proxy/dialect.ts';
import { leasetap, temporaryFolder } from '../support/process.ts';
import { listening, portOf } from '../support/relay.ts';
import { tshark, tsharkIsMissing } from '../support/tshark.ts';
import { unit } from '../support/unit.ts';

const KILLS = Number(process.env['LEASETAP_KILLS'] ?? 25);
/** Every so many recordings are shown to tshark, too, which takes its time. */
const SHOWN = 5;
/** So many messages each few milliseconds; the transaction-id of each is its number. */
const STEP_MESSAGES = 20;
const STEP_MILLIS = 5;
/** What the help of the proxy says may be lost. */
const STATED_MILLIS = 100;
/** What a machine that is busy with other tests needs beside that. */
const SLACK_MILLIS = 400;

it(`survives ${KILLS} kills`, { timeout: 10_000 + KILLS * 5000 }, async () => {
  const losses: number[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    const recording = join(temporaryFolder(), 'tap.pcapng');
    const server = await listening();
    server.on('connection', (socket) => socket.resume().on('error', () => undefined));
    const to = `[::1]:${portOf(server)}`;
    const log = `${recording}.jsonl`;
    const proxy = leasetap(['proxy', '-l', '[::1]:0', '-t', to, '-w', recording, '--log', log, '-q']);
    const [, port] = await proxy.prints(/listening on \[::1\]:(\d+)/);
    const primary = connect({ host: '::1', port: Number(port) }).on('error', () => undefined);
    await once(primary, 'connect');
    const sentAt = await sendFor(primary, 250 + 17 * (kill % 10));
    const killedAt = performance.now();
    await proxy.kill('SIGKILL');
    primary.destroy();
    server.close();
    const ids = await idsOnPrimaryLeg(recording, Number(port));
    expect(ids.length).toBeGreaterThan(0);
    expect(ids).toEqual(ids.map((_, index) => index));
    losses.push(killedAt - (sentAt[ids.length] ?? killedAt));
    if (kill % SHOWN === 0 && !tsharkIsMissing()) {
      const frames = tshark(readFileSync(recording), ['-T', 'fields', '-e', 'frame.number']);
      expect(frames.trimEnd().split('\n').length).toBeGreaterThan(ids.length / STEP_MESSAGES);
    }
  }
  if (process.env['LEASETAP_KILLS'] !== undefined)
    process.stderr.write(`most that a kill has cost: ${Math.max(...losses).toFixed(0)} ms\n`);
  expect(Math.max(...losses)).toBeLessThan(STATED_MILLIS + SLACK_MILLIS);
});

/** When each message was sent. */
async function sendFor(socket: Socket, millis: number): Promise<number[]> {
  const end = performance.now() + millis;
  const sentAt: number[] = [];
  while (performance.now() < end) {
    const step = Array.from({ length: STEP_MESSAGES }, (_, index) => unit(35, sentAt.length + index));
    socket.write(concatBytes(step));
    sentAt.push(...step.map(() => performance.now()));
    await new Promise((resolve) => setTimeout(resolve, STEP_MILLIS));
  }
  return sentAt;
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
