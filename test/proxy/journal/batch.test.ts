/** What went through batches, over to another thread and back, is what would have been written at once. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/base/bytes.ts';
import type { Direction } from '../../../src/base/flow.ts';
import { loadDissectors } from '../../../src/dissect/load.ts';
import { BATCH_OCTETS, type Batch, BatchReader, BatchWriter } from '../../../src/proxy/journal/batch.ts';
import type { Journal } from '../../../src/proxy/journal/journal.ts';
import { Keeper } from '../../../src/proxy/journal/keeper.ts';
import type { WireRecorder } from '../../../src/proxy/recorder.ts';
import type { FaultHit } from '../../../src/proxy/stage.ts';
import { failoverConnection } from '../../support/messages.ts';
import { unit } from '../../support/unit.ts';

const dissectors = loadDissectors();
const connection = failoverConnection();
const end = (port: number) => ({ address: '2001:db8::1', port });
const ENDS = { primary: end(1), listening: end(2), dialling: end(3), secondary: end(4) };
const HIT: FaultHit = { fault: 'F1', action: 'drop', count: 2, seed: 42, detail: 'ä' };

const nothing = (): void => undefined;
const UNJUDGED = { opened: nothing, note: nothing, closed: nothing };

/** Prefix, header, and a body of 200 octets. */
const UNIT_OCTETS = 210;

type Call = (journal: Journal, recorder: WireRecorder, step: number) => void;

/** Octets that are read from a socket: a memory of their own, and messages in them. */
function chunkOf(messages: number, bodyOctets: number): Uint8Array {
  const body = 'ab'.repeat(bodyOctets);
  return Uint8Array.from(concatBytes(Array.from({ length: messages }, (_, id) => unit(24, id, body))));
}

function passing(messages: number, body: number, direction: Direction, isFree: boolean, parts: number): Call {
  return (journal, recorder, step) => {
    const octets = chunkOf(messages, body);
    recorder.passed(direction, octets, 1000 + step, isFree);
    const size = octets.length / messages;
    for (let part = 0; part < parts; part++) {
      const [from, to] = [part, part + 1].map((each) => Math.floor((messages * each) / parts));
      if (from === undefined || to === undefined || from === to) continue;
      const place = { octets, start: from * size, end: to * size, streamOffset: from * size };
      const numbers = { firstIndex: step * 1000 + from, firstPacket: step * 1000 + from + 1 };
      journal.run({ connection, direction, ...place, ...numbers, atMillis: 1000 + step });
    }
  };
}

const direction = fc.constantFrom<Direction>(0, 1);
const call: fc.Arbitrary<Call> = fc.oneof(
  fc
    .tuple(
      fc.integer({ min: 1, max: 90 }),
      fc.nat(2000),
      direction,
      fc.boolean(),
      fc.integer({ min: 1, max: 3 }),
    )
    .map((how) => passing(...how)),
  fc.tuple(direction, direction, fc.boolean(), fc.nat(70_000)).map(
    ([leg, from, hit, octets]): Call =>
      (_, recorder, step) =>
        recorder.data(leg, from, new Uint8Array(octets), hit ? [HIT, HIT] : [], 1000 + step),
  ),
  fc.constant<Call>((_, recorder) => recorder.secrets('CLIENT_RANDOM 00 11\n')),
  fc.constant<Call>((journal, _, step) =>
    journal.event({ kind: 'state', who: 'primary', state: 'NORMAL', atMillis: step }),
  ),
);
const ending: fc.Arbitrary<Call> = fc.constantFrom<Call>(
  (_, recorder) => recorder.fin(0, 1, [HIT], 9000),
  (_, recorder) => recorder.reset(1, 0, [HIT], 9000),
);

/** All that a journal leads to, as text that can be compared. */
function kept(play: (keeper: Keeper) => void): readonly string[] {
  const blocks: Uint8Array[] = [];
  const lines: Uint8Array[] = [];
  play(
    new Keeper({
      dissectors,
      record: (block) => blocks.push(block.slice()),
      log: (line) => lines.push(line.slice()),
    }),
  );
  return [concatBytes(blocks), concatBytes(lines)].map((octets) => Buffer.from(octets).toString('latin1'));
}

function playTo(journal: Journal, calls: readonly Call[]): void {
  const recorder = journal.opened(connection, ENDS, 500);
  for (const [step, each] of calls.entries()) each(journal, recorder, step);
  journal.closed(connection);
}

describe('a journal in batches', () => {
  it('leads to the same files', () => {
    fc.assert(
      fc.property(fc.array(call, { maxLength: 12 }), ending, (calls, last) => {
        const all = [...calls, last];
        const batches: Batch[] = [];
        const writer = new BatchWriter({
          log: true,
          judge: false,
          memory: () => new ArrayBuffer(BATCH_OCTETS),
          begun: () => undefined,
          full: (batch) => batches.push(batch),
          freed: () => undefined,
        });
        playTo(writer, all);
        const rest = writer.take();
        if (rest !== undefined) batches.push(rest);
        const arrived = batches.map((batch) => structuredClone(batch, { transfer: [batch.memory] }));
        const there = kept((keeper) => {
          const reader = new BatchReader();
          for (const batch of arrived) reader.record(batch, keeper);
          for (const batch of arrived)
            reader.log(batch, {
              ...UNJUDGED,
              run: (run) => keeper.run(run),
              line: (line) => keeper.lines(line),
            });
        });
        expect(there).toEqual(kept((keeper) => playTo(keeper, all)));
      }),
      { numRuns: 60 },
    );
  });

  // Left to the garbage collector, the memory of a burst would be as large as the burst again.
  it('tells what large memory is not needed any more, and no other', () => {
    const freed: ArrayBuffer[] = [];
    const writer = new BatchWriter({
      log: true,
      judge: false,
      memory: () => new ArrayBuffer(BATCH_OCTETS),
      begun: () => undefined,
      full: () => undefined,
      freed: (memory) => freed.push(memory),
    });
    playTo(writer, [
      passing(80, 200, 0, true, 1),
      passing(80, 200, 0, false, 1),
      passing(3, 200, 1, true, 1),
    ]);
    expect(freed.map(({ byteLength }) => byteLength)).toEqual([80 * UNIT_OCTETS]);
  });

  // A late reader has one for each 20 ms: a mebibyte each would be fifty a second.
  it('sends little in memory of its own size, and goes on in the same memory', () => {
    let taken = 0;
    const writer = new BatchWriter({
      log: true,
      judge: false,
      memory: () => {
        taken++;
        return new ArrayBuffer(BATCH_OCTETS);
      },
      begun: () => undefined,
      full: () => undefined,
      freed: () => undefined,
    });
    for (let batch = 0; batch < 50; batch++) {
      playTo(writer, [passing(3, 200, 0, true, 1)]);
      expect(writer.take()?.memory.byteLength).toBeLessThan(10_000);
    }
    expect(taken).toBe(1);
  });
});
