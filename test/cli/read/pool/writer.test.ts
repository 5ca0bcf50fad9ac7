/** That lines are written in the order of their parcels, many at once, wherever they come from. */
import { describe, expect, it } from 'vitest';
import { Belt } from '../../../../src/cli/read/pool/belt.ts';
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

  it('takes lines that come by themselves, sooner or later than their turn', async () => {
    const { belt, writes, writer } = setUp(2);
    const long = new Uint8Array(300 * 1024);
    writer.takeApart({ parcel: 1, lines: octets('early') });
    belt.print(1, long);
    belt.print(0, long);
    const step = writer.step();
    await new Promise(setImmediate);
    expect(writes).toEqual([]);
    writer.takeApart({ parcel: 0, lines: octets('late') });
    await step;
    expect([writes, belt.written]).toEqual([[['late', 'early']], 2]);
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
