/** That parcels go through in order, each taken once, that those who wait hear of it, and that slots are used again. */
import { describe, expect, it } from 'vitest';
import { Belt, LINES_OCTETS_MAX } from '../../../../src/cli/read/pool/belt.ts';
import { type Parcel, RECORD_FIELDS } from '../../../../src/cli/read/pool/parcel.ts';

const parcel = (text: string): Parcel => ({
  messages: 1,
  records: new Float64Array(RECORD_FIELDS).fill(text.length),
  octets: new TextEncoder().encode(text),
  speakersAt: 2,
});

const lines = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Fills until there is no room; how many parcels that took. */
function fillAll(belt: Belt): number {
  let count = 0;
  for (; belt.hasRoom; count++) belt.fill(parcel(`${count}`));
  return count;
}

async function isDone(promise: Promise<void>): Promise<boolean> {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  return done;
}

/** Resolves when a thread that has found nothing to print would be woken. */
async function sleeper({ filled, memory }: Belt): Promise<void> {
  await Atomics.waitAsync(new Int32Array(memory.words), 0, filled).value;
}

describe('Belt', () => {
  it('hands each parcel to whoever asks first, as it was filled', () => {
    const belt = new Belt();
    const other = new Belt(belt.memory);
    expect(other.take()).toBe(undefined);
    belt.fill(parcel('first'));
    belt.fill(parcel('second one'));
    expect([other.take(), belt.take(), other.take()]).toEqual([0, 1, undefined]);
    const { messages, records, octets, speakersAt } = other.parcel(1);
    expect([messages, [...records], new TextDecoder().decode(octets), speakersAt]).toEqual([
      1,
      new Array(RECORD_FIELDS).fill(10),
      'second one',
      2,
    ]);
  });

  it('hands on what was packed where there is room for it, without another copy', () => {
    const belt = new Belt();
    belt.fill(parcel('first'));
    const { records, octets } = belt.room;
    records.fill(4, 0, RECORD_FIELDS);
    octets.set(new TextEncoder().encode('here'));
    belt.fill({ messages: 1, records, octets: octets.subarray(0, 4), speakersAt: 1 });
    records[0] = 5;
    const handed = new Belt(belt.memory).parcel(1);
    expect([handed.messages, handed.records[0], handed.records[1], handed.speakersAt]).toEqual([1, 5, 4, 1]);
    expect(new TextDecoder().decode(handed.octets.slice())).toBe('here');
    expect(new TextDecoder().decode(belt.parcel(0).octets.slice())).toBe('first');
  });

  it('has room again when the first parcels are written, and uses their slots', () => {
    const belt = new Belt();
    const slots = fillAll(belt);
    belt.print(0, lines('a'));
    expect([belt.hasRoom, belt.isPrinted(0), belt.isPrinted(slots)]).toEqual([false, true, false]);
    belt.wrote(1);
    expect(belt.hasRoom).toBe(true);
    belt.fill(parcel('next'));
    expect([belt.hasRoom, belt.isPrinted(slots), belt.isPrinted(0)]).toEqual([false, false, true]);
    belt.print(slots, lines('b'));
    expect([belt.isPrinted(slots), belt.isPrinted(0)]).toEqual([true, false]);
    expect(new TextDecoder().decode(belt.lines(slots))).toBe('b');
  });

  it('keeps lines until they are written, and takes the rest of too many then', async () => {
    const belt = new Belt();
    const other = new Belt(belt.memory);
    for (const text of ['x', 'y', 'z']) belt.fill(parcel(text));
    expect(belt.print(1, new Uint8Array(LINES_OCTETS_MAX).fill(1))).toHaveLength(0);
    const rest = other.print(2, new Uint8Array(LINES_OCTETS_MAX + 2).fill(2, LINES_OCTETS_MAX));
    expect([...rest]).toEqual([2, 2]);
    expect(belt.print(0, lines(''))).toHaveLength(0);
    const all = [0, 1, 2];
    expect(all.map((number) => belt.lines(number).length)).toEqual([0, LINES_OCTETS_MAX, LINES_OCTETS_MAX]);
    expect(all.map((number) => belt.isWhole(number))).toEqual([true, true, false]);
    const room = other.untilRoom(2);
    expect(await isDone(room)).toBe(false);
    belt.wrotePart(2);
    await room;
    await other.untilRoom(2);
    expect(belt.isPrinted(2)).toBe(false);
    const printed = belt.untilPrinted(2);
    expect(other.print(2, rest)).toHaveLength(0);
    await printed;
    expect([[...belt.lines(2)], belt.isWhole(2)]).toEqual([[2, 2], true]);
  });

  it('resolves when a parcel is printed, or was', async () => {
    const belt = new Belt();
    belt.fill(parcel('x'));
    belt.fill(parcel('y'));
    const first = belt.untilPrinted(0);
    belt.print(1, lines('y'));
    expect(await isDone(first)).toBe(false);
    belt.print(0, lines('x'));
    await first;
    await belt.untilPrinted(1);
  });

  it('lets threads sleep until several parcels lie there, or until no more will come', async () => {
    const belt = new Belt();
    const asleep = async (): Promise<boolean> => !(await isDone(sleep));
    let sleep = sleeper(belt);
    for (const text of ['a', 'b', 'c']) belt.fill(parcel(text));
    expect(await asleep()).toBe(true);
    belt.fill(parcel('d'));
    expect(await asleep()).toBe(false);
    sleep = sleeper(belt);
    for (let number = 0; number < 3; number++) belt.take();
    expect(await asleep()).toBe(true);
    belt.wake();
    expect(await asleep()).toBe(false);
    sleep = sleeper(belt);
    belt.take();
    belt.wake();
    expect(await asleep()).toBe(true);
    belt.fill(parcel('e'));
    belt.wake();
    expect(await asleep()).toBe(false);
  });

  it('resolves when more is written, or when that takes too long', async () => {
    const belt = new Belt();
    belt.fill(parcel('x'));
    const more = belt.untilWritten(0);
    expect(await isDone(more)).toBe(false);
    belt.wrote(1);
    await more;
    await belt.untilWritten(0);
    await belt.untilWritten(1, 5);
    expect(belt.written).toBe(1);
  });

  it('is closed for all', () => {
    const belt = new Belt();
    const other = new Belt(belt.memory);
    expect(other.closed).toBe(false);
    belt.close();
    expect(other.closed).toBe(true);
  });
});
