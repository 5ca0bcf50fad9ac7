/** That threads which read the same messages and take blocks in any order write the lines that one thread writes alone. */
import { readdirSync } from 'node:fs';
import { Writable } from 'node:stream';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { Output } from '../../../../src/cli/output.ts';
import { Annotator } from '../../../../src/cli/read/annotate.ts';
import type { FormatChoice } from '../../../../src/cli/read/format.ts';
import { makeFormat } from '../../../../src/cli/read/formats.ts';
import { Blocks } from '../../../../src/cli/read/pool/blocks.ts';
import { Share } from '../../../../src/cli/read/pool/share.ts';
import { Turns } from '../../../../src/cli/read/pool/turns.ts';
import type { Message } from '../../../../src/dissect/message.ts';
import { requireFilter } from '../../../../src/filter/compile.ts';
import { captured, DISSECTORS } from '../../../dissect/captured.ts';
import { handMessage } from '../../../support/messages.ts';

const FIXTURES = new URL('../../../../fixtures/captures/', import.meta.url);

const PLAIN: FormatChoice = {
  type: 'text',
  hex: false,
  columns: undefined,
  fields: [],
  fieldSettings: [],
  colour: 'none',
  width: 80,
  dissectors: DISSECTORS,
};

let captures: (readonly Message[])[] = [];

beforeAll(async () => {
  const files = ['dhcpv6/', 'dhcpv4-isc/'].flatMap((folder) =>
    readdirSync(new URL(folder, FIXTURES))
      .filter((name) => /\.pcap(ng)?$/.test(name))
      .map((name) => new URL(folder + name, FIXTURES).pathname),
  );
  captures = [];
  for (const file of files) captures.push((await captured(file)).messages);
}, 60_000);

function oneByOne(choice: FormatChoice, messages: readonly Message[], filter: string | undefined): string {
  let text = '';
  const out = new Output(
    new Writable({
      write(piece: Buffer, _encoding, done) {
        text += piece.toString();
        done();
      },
    }),
  );
  const passes = filter === undefined ? undefined : requireFilter(filter, DISSECTORS);
  const format = makeFormat(choice, out);
  const annotator = new Annotator(undefined, false);
  for (const message of messages) {
    const { notes } = annotator.push(message);
    if (passes === undefined || passes.matches(message, notes)) format(message, notes);
  }
  void out.flush();
  return text;
}

/** Threads that take steps of their own lengths, one after the other. */
class Threads {
  text = '';
  readonly turns = new Turns();
  readonly shares: readonly Share[];
  readonly #messages: readonly Message[];
  readonly #annotators: readonly Annotator[];
  readonly #at: number[];

  constructor(
    count: number,
    messages: readonly Message[],
    blockMessages: number,
    choice: FormatChoice,
    filter?: string,
  ) {
    this.#messages = messages;
    this.shares = Array.from(
      { length: count },
      () =>
        new Share({
          choice: { ...choice, continues: { beginMillis: choice.continues?.beginMillis ?? 0 } },
          filter: filter === undefined ? undefined : requireFilter(filter, DISSECTORS),
          turns: this.turns,
          blocks: new Blocks(blockMessages),
          write: (octets) => {
            this.text += new TextDecoder().decode(octets);
            return true;
          },
          wait: () => undefined,
        }),
    );
    this.#annotators = this.shares.map(() => new Annotator(undefined, false));
    this.#at = this.shares.map(() => 0);
  }

  /** Lets a thread read on; true at its end. */
  step(thread: number, messages: number): boolean {
    const share = this.shares[thread] as Share;
    for (let count = 0; count < messages; count++) {
      const message = this.#messages[this.#at[thread] as number];
      if (message === undefined) {
        share.end();
        return true;
      }
      (this.#at[thread] as number)++;
      share.push(message, (this.#annotators[thread] as Annotator).push(message).notes);
    }
    return false;
  }

  run(steps: readonly number[]): void {
    const running = new Set(this.shares.keys());
    for (let turn = 0; running.size > 0; turn++) {
      for (const thread of running) {
        if (this.step(thread, steps[(turn + thread) % steps.length] as number)) running.delete(thread);
      }
    }
    while (this.shares.some(({ first }) => first !== undefined))
      for (const share of this.shares) share.writeDue();
  }
}

/** Messages of 8 octets. */
const plain = (count: number): Message[] =>
  Array.from({ length: count }, (_, index) => handMessage({ hex: '22 000007 2d799b90', index }));

const INDICES: FormatChoice = { ...PLAIN, columns: 'index' };
const indices = (count: number): string => Array.from({ length: count }, (_, index) => `${index}\n`).join('');

describe('Share', () => {
  it.each<[string, Partial<FormatChoice>, string?]>([
    ['text', { type: 'text' }],
    ['coloured text with octets', { type: 'text', hex: true, colour: '256' }],
    ['text, filtered', { type: 'text' }, 'rtt || type == BNDUPD'],
    ['JSON', { type: 'jsonl' }],
    ['bulk lines', { type: 'ek' }],
    ['fields', { type: 'fields', fields: ['frame', 'type', 'lease', 'rtt'] }],
    ['trees', { type: 'tree', continues: { beginMillis: 0 } }],
    ['times since the first', { type: 'text', columns: 'delta,type', continues: { beginMillis: 1.7e12 } }],
  ])(
    'prints %s',
    (_name, choice, filter) => {
      for (const messages of captures) {
        for (const blockMessages of [1, 3, 64]) {
          const whole = { ...PLAIN, ...choice };
          const threads = new Threads(3, messages, blockMessages, whole, filter);
          threads.run([2, 7, 1]);
          expect(threads.text).toBe(oneByOne(whole, messages, filter));
        }
      }
    },
    60_000,
  );

  it('prints every message once, in order, however fast each thread is', () => {
    const steps = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.nat(120),
        fc.integer({ min: 1, max: 9 }),
        steps,
        (...given) => {
          const [count, messages, blockMessages, lengths] = given;
          const threads = new Threads(count, plain(messages), blockMessages, INDICES);
          threads.run(lengths);
          expect(threads.text).toBe(indices(messages));
        },
      ),
    );
  });

  it('goes on where another has printed so far', () => {
    const messages = plain(20);
    const blocks = new Blocks(3);
    for (let index = 0; index < 10; index++) blocks.next(8);
    let text = '';
    const share = new Share({
      choice: { ...INDICES, continues: { beginMillis: 0 } },
      filter: undefined,
      turns: new Turns(),
      blocks,
      write: (octets) => {
        text += new TextDecoder().decode(octets);
        return true;
      },
      wait: () => undefined,
    });
    share.begin();
    for (const message of messages.slice(10)) share.push(message, {});
    share.end();
    expect(text).toBe(indices(20).slice(indices(10).length));
  });

  it('writes what others have printed before, and no more, when it is cut short', () => {
    const threads = new Threads(2, plain(40), 4, INDICES);
    threads.step(0, 6);
    threads.step(1, 14);
    expect([threads.shares[0]?.block, threads.shares[0]?.drop()]).toEqual([1, true]);
    threads.step(1, 26);
    expect([threads.text, threads.turns.written]).toEqual([indices(4), 1]);
  });

  it('says that the reader is gone, and then writes no more, but lets the others have their turns', () => {
    let writes = 0;
    const turns = new Turns();
    const share = new Share({
      choice: INDICES,
      filter: undefined,
      turns,
      blocks: new Blocks(1),
      write: () => ++writes < 3,
      wait: () => undefined,
    });
    for (const message of plain(6)) share.push(message, {});
    share.end();
    expect([writes, turns.closed, turns.written]).toEqual([3, true, 6]);
  });

  it('waits when it has printed much of which it is not the turn, unless another thread has the next block', () => {
    const waits: number[] = [];
    const turns = new Turns();
    const share = new Share({
      choice: INDICES,
      filter: undefined,
      turns,
      blocks: new Blocks(1),
      write: () => true,
      wait: (block) => waits.push(block),
    });
    // The other has the first block, and later another one.
    turns.take(0);
    const messages = plain(9);
    for (const message of messages.slice(0, 6)) share.push(message, {});
    expect(waits).toEqual([1]);
    turns.take(6);
    share.push(messages[6] as Message, {});
    expect(waits).toEqual([1]);
    share.push(messages[7] as Message, {});
    expect(waits).toEqual([1, 1]);
  });
});
