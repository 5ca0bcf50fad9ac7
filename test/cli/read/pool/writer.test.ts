/** That lines are written in the order of their parcels, many at once, wherever they come from. */
import { describe, expect, it } from 'vitest';
import { Belt, LINES_OCTETS_MAX } from '../../../../src/cli/read/pool/belt.ts';
import { RECORD_FIELDS } from '../../../../src/cli/read/pool/parcel.ts';
import { Writer } from '../../../../src/cli/read/pool/writer.ts';

const PARCEL = {
  messages: 0,
  records: new Float64Array(RECORD_FIELDS),
  octets: new Uint8Array(2),
  speakersAt: 0,
};
const octets = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

function setUp(parcels: number, answer: () => boolean = () => true) {
  const belt = new Belt();
  const writes: string[][] = [];
  const writer = new Writer(belt, async (pieces) => {
    writes.push(pieces.map((piece) => new TextDecoder().decode(piece)));
    return answer();
  });
  for (let parcel = 0; parcel < parcels; parcel++) belt.fill(PARCEL);
  return { belt, writes, writer };
}

describe('Writer', () => {
  it('waits for the first, then writes all that follow it', async () => {
    const { belt, writes, writer } = setUp(5);
    belt.print(1, octets('b'));
    belt.print(3, octets('d'));
    const step = writer.step();
    await new Promise(setImmediate);
    expect(writes).toEqual([]);
    belt.print(0, octets('a'));
    await step;
    expect([writes, belt.written]).toEqual([[['a', 'b']], 2]);
    belt.print(2, octets(''));
    await writer.step();
    expect([writes.at(-1), belt.written]).toEqual([['d'], 4]);
  });

  it('writes no more at once than a part of the belt', async () => {
    const { belt, writes, writer } = setUp(20);
    for (let parcel = 0; parcel < 20; parcel++) belt.print(parcel, octets(`${parcel} `));
    while (belt.written < 20) await writer.step();
    expect(writes.map((pieces) => pieces.length)).toEqual([8, 8, 4]);
    expect(writes.flat().join('')).toBe(Array.from({ length: 20 }, (_, parcel) => `${parcel} `).join(''));
  });

  it('writes all parts of a parcel before the next one, and says each time that there is room', async () => {
    const { belt, writes, writer } = setUp(3);
    belt.print(0, octets('a'));
    const rest = belt.print(1, octets('b'.repeat(LINES_OCTETS_MAX + 1)));
    belt.print(2, octets('d'));
    await writer.step();
    expect([writes.map((pieces) => pieces.map((piece) => piece.length)), belt.written]).toEqual([
      [[1, LINES_OCTETS_MAX]],
      1,
    ]);
    const step = writer.step();
    await new Promise(setImmediate);
    expect(writes).toHaveLength(1);
    belt.print(1, rest);
    await step;
    expect([writes[1], belt.written]).toEqual([['b', 'd'], 3]);
  });

  it('lets go on who prints in parts when the reader is gone', async () => {
    const { belt, writes, writer } = setUp(1, () => false);
    let rest = belt.print(0, octets('a'.repeat(2 * LINES_OCTETS_MAX + 1)));
    for (; rest.length > 0; rest = belt.print(0, rest)) {
      await writer.step();
      expect(belt.isPrinted(0)).toBe(false);
    }
    await writer.step();
    expect([writes.length, belt.closed, belt.written]).toEqual([1, true, 1]);
  });

  it('says that the reader is gone, writes no more, and lets everything pass', async () => {
    const { belt, writes, writer } = setUp(2, () => false);
    belt.print(0, octets('a'));
    await writer.step();
    expect(belt.closed).toBe(true);
    belt.print(1, octets('b'));
    await writer.step();
    expect([writes, belt.written]).toEqual([[['a']], 2]);
  });
});
