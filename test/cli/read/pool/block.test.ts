/** That a frame and what is known of it come out of a block as they went in, at whatever place they stand there. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Connection, Frame } from '../../../../src/base/frame.ts';
import { MICROSECONDS, NANOSECONDS } from '../../../../src/base/timestamp.ts';
import { BLOCK_MESSAGES, BLOCK_OCTETS, BlockWriter, readBlock } from '../../../../src/cli/read/pool/block.ts';
import type { Annotations } from '../../../../src/dissect/annotations.ts';
import { dissect } from '../../../../src/dissect/dissect.ts';
import { DISSECTORS } from '../../../dissect/captured.ts';
import { failoverConnection } from '../../../support/messages.ts';

type Told = readonly [Frame, number, Annotations];

const time = fc.record({
  unixSeconds: fc.nat(2 ** 32),
  ticks: fc.nat(999_999),
  resolution: fc.constantFrom(MICROSECONDS, NANOSECONDS, { ticksPerSecond: 2 ** 20, digits: 20 }),
});

const notes: fc.Arbitrary<Annotations> = fc.record(
  { replyTo: fc.nat(), replyIn: fc.nat(), rttMillis: fc.double({ noNaN: true, min: -1e9, max: 1e9 }) },
  { requiredKeys: [] },
);

const frame = fc
  .record({
    connection: fc.constantFrom<Connection>(failoverConnection(0), failoverConnection(1), {
      ...failoverConnection(2),
      dialect: 'unix-epoch',
      primaryEnd: 1,
    }),
    direction: fc.constantFrom(0 as const, 1 as const),
    contents: fc.uint8Array({ maxLength: 200 }),
    before: fc.nat(20),
    time,
    packet: fc.nat(2 ** 32),
    streamOffset: fc.nat(2 ** 40),
    resync: fc.boolean(),
    claimed: fc.option(fc.nat(65_535), { nil: undefined }),
    tls: fc.constantFrom(undefined, 'TLSv1.2', 'TLSv1.3'),
  })
  .map(({ contents, before, time: at, packet, claimed, tls, ...rest }): Frame => {
    const bytes = new Uint8Array(before + contents.length + 3).fill(0xee);
    bytes.set(contents, before);
    return {
      ...rest,
      bytes,
      start: before,
      end: before + contents.length,
      seen: { time: at, packet },
      ...(claimed !== undefined && { claimed }),
      ...(tls !== undefined && { tls }),
    };
  });

/** The same wherever the octets stand. */
function withOctets({ bytes, start, end, ...rest }: Frame): unknown {
  return { ...rest, octets: [...bytes.subarray(start, end)] };
}

function told(writer: BlockWriter): Told[] {
  const found: Told[] = [];
  // The frame is overwritten by the next one.
  readBlock(structuredClone(writer.take()), (...one) => found.push(structuredClone(one)));
  return found;
}

describe('BlockWriter', () => {
  it('gives back what it was given', () => {
    const messages = fc.array(fc.tuple(frame, fc.nat(2 ** 40), notes), { maxLength: 30 });
    const writer = new BlockWriter();
    fc.assert(
      fc.property(messages, (given) => {
        for (const [one, index, note] of given) writer.add(dissect(DISSECTORS, one, index), note);
        const found = told(writer);
        expect(found.map(([one]) => withOctets(one))).toEqual(given.map(([one]) => withOctets(one)));
        expect(found.map(([, index]) => index)).toEqual(given.map(([, index]) => index));
        expect(found.map(([, , note]) => note)).toEqual(given.map(([, , note]) => note));
        expect(writer.isEmpty).toBe(true);
      }),
    );
  });

  it('tells each message what was known of its connection then, not later', () => {
    const connection: Connection & { dialect?: string } = { ...failoverConnection() };
    const writer = new BlockWriter();
    const one = { ...(fc.sample(frame, 1)[0] as Frame), connection };
    writer.add(dissect(DISSECTORS, one, 0), {});
    connection.dialect = 'unix-epoch';
    writer.add(dissect(DISSECTORS, one, 1), {});
    expect(told(writer).map(([found]) => found.connection.dialect)).toEqual([undefined, 'unix-epoch']);
  });

  it('is full by octets or by messages, and takes the message that goes beyond', () => {
    const sized = (size: number): Frame => ({
      ...(fc.sample(frame, 1)[0] as Frame),
      bytes: new Uint8Array(size),
      start: 0,
      end: size,
    });
    const writer = new BlockWriter();
    writer.add(dissect(DISSECTORS, sized(BLOCK_OCTETS - 1), 0), {});
    expect(writer.isFull).toBe(false);
    writer.add(dissect(DISSECTORS, sized(300_000), 1), {});
    expect(writer.isFull).toBe(true);
    expect(told(writer).map(([{ start, end }]) => end - start)).toEqual([BLOCK_OCTETS - 1, 300_000]);
    for (let index = 0; index < BLOCK_MESSAGES; index++) {
      expect(writer.isFull).toBe(false);
      writer.add(dissect(DISSECTORS, sized(1), index), {});
    }
    expect(writer.isFull).toBe(true);
  });
});
