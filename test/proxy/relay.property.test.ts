/** Whatever comes in which pieces and whichever faults come and go meanwhile: with none that hits, nothing is changed. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { concatBytes } from '../../src/base/bytes.ts';
import { fileSource } from '../../src/capture/files.ts';
import { readCapture } from '../../src/capture/read.ts';
import { parseFault } from '../../src/proxy/faults/short-form.ts';
import type { ProxySession } from '../../src/proxy/relay.ts';
import { temporaryFolder } from '../support/process.ts';
import { dialProxy, listening, read, startProxy } from '../support/relay.ts';
import { unit } from '../support/unit.ts';

/** What one side does next: sends so many octets, or arms or removes a fault that chooses none, or waits. */
type Step = number | 'arm' | 'remove' | 'wait';

const messages = fc.array(fc.tuple(fc.constantFrom(24, 25, 31, 32, 34, 35), fc.nat(0xffffff), fc.nat(60)), {
  minLength: 1,
  maxLength: 40,
});
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 300 }) as fc.Arbitrary<Step> },
    { weight: 1, arbitrary: fc.constantFrom<Step>('arm', 'remove', 'wait') },
  ),
  { maxLength: 30 },
);

function streamOf(list: readonly (readonly [number, number, number])[]): Uint8Array {
  return concatBytes(list.map(([type, id, octets]) => unit(type, id, 'ff'.repeat(octets))));
}

async function play(proxy: ProxySession, socket: Socket, stream: Uint8Array, plan: readonly Step[]) {
  let at = 0;
  for (const step of plan) {
    if (typeof step === 'number') {
      socket.write(stream.slice(at, at + step));
      at += step;
    } else if (step === 'wait') await new Promise((resolve) => setTimeout(resolve, 2));
    else if (step === 'remove') proxy.removeFault('F');
    else if (proxy.listFaults().length === 0)
      proxy.armFault({ ...parseFault('drop where size == 70000'), id: 'F' });
    if (typeof step === 'number') await new Promise((resolve) => setImmediate(resolve));
  }
  socket.end(stream.slice(at));
}

/** By leg and direction, what the recording holds. */
async function recorded(path: string, proxyPort: number): Promise<readonly Uint8Array[]> {
  const parts: Uint8Array[][] = [[], [], [], []];
  await readCapture([fileSource(path)], {
    open: () => undefined,
    data: (flow, direction, bytes, start, end) => {
      const leg = flow.ends[1].port === proxyPort ? 0 : 2;
      parts[leg + direction]?.push(bytes.slice(start, end));
    },
    gap: () => undefined,
    close: () => undefined,
  });
  return parts.map(concatBytes);
}

it('passes on, records and logs the same octets, also while faults come and go', async () => {
  await fc.assert(
    fc.asyncProperty(messages, messages, steps, steps, async (up, down, upPlan, downPlan) => {
      const streams = [streamOf(up), streamOf(down)] as const;
      const folder = temporaryFolder();
      const [path, logPath] = [join(folder, 'tap.pcapng'), join(folder, 'tap.jsonl')];
      const server = await listening();
      const accepted = once(server, 'connection');
      const record = { path, header: { application: 'test', comments: [] } };
      const proxy = await startProxy(server, { record, logPath });
      const primary = dialProxy(proxy);
      const [secondary] = (await accepted) as [Socket];
      const received = [read(secondary, streams[0].length), read(primary, streams[1].length)];
      await Promise.all([
        play(proxy, primary, streams[0], upPlan),
        play(proxy, secondary, streams[1], downPlan),
      ]);
      expect(await Promise.all(received)).toEqual(streams);
      primary.destroy();
      secondary.destroy();
      server.close();
      await proxy.close();
      expect(await recorded(path, proxy.listening.port)).toEqual([...streams, ...streams]);
      expect(loggedIndices(logPath)).toEqual([...up, ...down].map((_, index) => index));
    }),
    { numRuns: 25 },
  );
});

function loggedIndices(path: string): number[] {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line)).flatMap(({ index }) => (index === undefined ? [] : [index]));
}
