/** That threads which print parcels in any order, and one that writes, give the lines that one thread writes alone. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { Annotator } from '../../../../src/cli/read/annotate.ts';
import type { FormatChoice } from '../../../../src/cli/read/format.ts';
import { Belt, LINES_OCTETS_MAX } from '../../../../src/cli/read/pool/belt.ts';
import { Packer } from '../../../../src/cli/read/pool/packer.ts';
import { Printer } from '../../../../src/cli/read/pool/printer.ts';
import { Writer } from '../../../../src/cli/read/pool/writer.ts';
import type { Message } from '../../../../src/dissect/message.ts';
import { requireFilter } from '../../../../src/filter/compile.ts';
import { DISSECTORS } from '../../../dissect/captured.ts';
import { handMessage } from '../../../support/messages.ts';
import { allCaptured, INDICES, indices, oneByOne, PLAIN, plain } from './prints.ts';

let captures: (readonly Message[])[] = [];

beforeAll(async () => {
  captures = await allCaptured();
}, 60_000);

interface Run {
  readonly choice: FormatChoice;
  readonly filter?: string | undefined;
  readonly parcelMessages: number;
  /** How many parcels are held back, and which of them is printed next, in turn. */
  readonly order: readonly number[];
}

/** The lines that two printers and a writer make. Each parcel is taken at once and printed some time later. */
async function together(messages: readonly Message[], run: Run): Promise<string> {
  const { choice, filter, parcelMessages, order } = run;
  const belt = new Belt();
  let text = '';
  const writer = new Writer(belt, async (pieces) => {
    text += pieces.map((piece) => new TextDecoder().decode(piece)).join('');
    return true;
  });
  const options = {
    choice: { ...choice, continues: { beginMillis: choice.continues?.beginMillis ?? 0 } },
    filter: filter === undefined ? undefined : requireFilter(filter, DISSECTORS),
    belt,
  };
  const printers = [new Printer(options), new Printer(options)];
  const packer = new Packer(parcelMessages);
  const annotator = new Annotator({}, false);
  const held: number[] = [];
  let turn = 0;
  const printSome = async (most: number) => {
    while (held.length > most) {
      const [parcel] = held.splice((order[turn % order.length] as number) % held.length, 1);
      const printed = printers[turn++ % 2]?.printAside(parcel as number).then(() => true);
      // What comes in parts goes on when they are written.
      while (!(await Promise.race([printed, nextTurn(false)])))
        if (belt.isPrinted(belt.written)) await writer.step();
    }
    while (belt.written < belt.filled && belt.isPrinted(belt.written)) await writer.step();
  };
  const send = async () => {
    if (!belt.hasRoom) await printSome(0);
    belt.fill(packer.take());
    held.push(belt.take() as number);
    await printSome(5);
  };
  for (const message of messages) {
    if (packer.isFull) await send();
    packer.push(message, annotator.push(message).notes);
  }
  if (!packer.isEmpty) await send();
  await printSome(0);
  return text;
}

describe('Printer', () => {
  it.each<[string, Partial<FormatChoice>, string?]>([
    ['text', { type: 'text' }],
    ['coloured text with octets', { type: 'text', hex: true, colour: '256' }],
    ['text, filtered', { type: 'text' }, 'rtt || type == BNDUPD'],
    ['JSON', { type: 'jsonl' }],
    ['bulk lines', { type: 'ek' }],
    ['fields', { type: 'fields', fields: ['frame', 'type', 'lease', 'rtt', 'src', 'skew'] }],
    ['trees', { type: 'tree', continues: { beginMillis: 0 } }],
    ['times since the first', { type: 'text', columns: 'delta,type', continues: { beginMillis: 1.7e12 } }],
  ])(
    'prints %s',
    async (_name, choice, filter) => {
      for (const messages of captures) {
        for (const parcelMessages of [1, 3, 64]) {
          const whole = { ...PLAIN, ...choice };
          const lines = await together(messages, {
            choice: whole,
            filter,
            parcelMessages,
            order: [2, 0, 4, 1],
          });
          expect(lines).toBe(oneByOne(whole, messages, filter));
        }
      }
    },
    60_000,
  );

  it('prints every message once, in order, whoever is faster', async () => {
    const run = fc.record({
      parcelMessages: fc.integer({ min: 1, max: 9 }),
      order: fc.array(fc.nat(9), { minLength: 1, maxLength: 9 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.nat(120), run, async (count, given) => {
        expect(await together(plain(count), { choice: INDICES, ...given })).toBe(indices(count));
      }),
    );
  });

  it('prints in parts what is too much for the belt', async () => {
    // OPTION_STATUS_CODE (13) with a long text: octets as hex are in no format longer than in JSON.
    const message = handMessage({ hex: `22 000007 2d799b90 ${'fff0 ff00'}${'ab'.repeat(0xff00)}` });
    const messages = [message, message, ...plain(3)];
    const choice = { ...PLAIN, type: 'text', hex: true } as const;
    const expected = oneByOne(choice, messages);
    expect(expected.length).toBeGreaterThan(2 * LINES_OCTETS_MAX);
    expect(await together(messages, { choice, parcelMessages: 2, order: [0] })).toBe(expected);
  });

  it('prints nothing any more when nobody reads', () => {
    const belt = new Belt();
    const printer = new Printer({ choice: INDICES, filter: undefined, belt });
    const packer = new Packer(2);
    for (let parcel = 0; parcel < 2; parcel++) {
      packer.push(plain(1)[0] as Message, {});
      belt.fill(packer.take());
      printer.print(parcel);
      belt.close();
    }
    expect([belt.lines(0)?.length, belt.lines(1)?.length]).toEqual([2, 0]);
  });
});
