/**
 * SIGKILL of the proxy under load: the recording can be read, and holds all but what the last moments brought. Moments in
 * which the proxy could have run and others had the processor do not count: a machine that is busy proves nothing.
 * LEASETAP_KILLS=200 does it more often than a check has time for.
 */
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
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
/** What is not told by the system: how long the kill itself takes, and our own timers. */
const SLACK_MILLIS = 100;
/** What a machine that is busy with other tests needs beside that, where the system does not tell for how long it waited. */
const UNTOLD_MILLIS = 300;

it(`survives ${KILLS} kills`, { timeout: 10_000 + KILLS * 5000 }, async () => {
  const losses: number[] = [];
  let recorded = 0;
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
    const sent = await sendFor(primary, 250 + 17 * (kill % 10), () => waited(proxy.child.pid));
    const killed = { at: performance.now(), waited: waited(proxy.child.pid) };
    await proxy.kill('SIGKILL');
    primary.destroy();
    server.close();
    const ids = await idsOnPrimaryLeg(recording, Number(port));
    expect(ids).toEqual(ids.map((_, index) => index));
    recorded += ids.length;
    const firstLost = sent[ids.length] ?? killed;
    losses.push(killed.at - firstLost.at - (killed.waited - firstLost.waited));
    if (kill % SHOWN === 0 && !tsharkIsMissing()) {
      const frames = tshark(readFileSync(recording), ['-T', 'fields', '-e', 'frame.number']);
      expect(frames.trimEnd().split('\n').length).toBeGreaterThan(ids.length / STEP_MESSAGES);
    }
  }
  if (process.env['LEASETAP_KILLS'] !== undefined)
    process.stderr.write(`most that a kill has cost: ${Math.max(...losses).toFixed(0)} ms\n`);
  expect(recorded).toBeGreaterThan(KILLS * STEP_MESSAGES);
  const slack = process.platform === 'linux' ? SLACK_MILLIS : SLACK_MILLIS + UNTOLD_MILLIS;
  expect(Math.max(...losses)).toBeLessThan(STATED_MILLIS + slack);
});

interface Moment {
  readonly at: number;
  /** For how long the proxy had waited for a processor by then. */
  readonly waited: number;
}

/** When each message was sent. */
async function sendFor(socket: Socket, millis: number, waitedNow: () => number): Promise<Moment[]> {
  const end = performance.now() + millis;
  const sent: Moment[] = [];
  while (performance.now() < end) {
    const step = Array.from({ length: STEP_MESSAGES }, (_, index) => unit(35, sent.length + index));
    const moment = { at: performance.now(), waited: waitedNow() };
    socket.write(concatBytes(step));
    sent.push(...step.map(() => moment));
    await new Promise((resolve) => setTimeout(resolve, STEP_MILLIS));
  }
  return sent;
}

/** Milliseconds for which the threads of a process could have run and had no processor, as far as the system tells. */
function waited(process: number | undefined): number {
  if (!existsSync(`/proc/${process}/task`)) return 0;
  const threads = readdirSync(`/proc/${process}/task`);
  const nanoseconds = threads.map((thread) => {
    const [, delay = '0'] = readFileSync(`/proc/${process}/task/${thread}/schedstat`, 'utf8').split(' ');
    return Number(delay);
  });
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6;
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
