/** That blocks, of whatever size, make the lines that the messages make one by one, for every format and sample capture. */
import { readdirSync } from 'node:fs';
import { Writable } from 'node:stream';
import { beforeAll, describe, expect, it } from 'vitest';
import { Output } from '../../../../src/cli/output.ts';
import { Annotator } from '../../../../src/cli/read/annotate.ts';
import type { FormatChoice } from '../../../../src/cli/read/format.ts';
import { makeFormat } from '../../../../src/cli/read/formats.ts';
import { BlockWriter } from '../../../../src/cli/read/pool/block.ts';
import { BlockPrinter } from '../../../../src/cli/read/pool/block-printer.ts';
import type { Message } from '../../../../src/dissect/message.ts';
import { requireFilter } from '../../../../src/filter/compile.ts';
import { captured, DISSECTORS } from '../../../dissect/captured.ts';

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

function inBlocks(
  choice: FormatChoice,
  messages: readonly Message[],
  filter: string | undefined,
  octets: number,
): string {
  const printer = new BlockPrinter(
    choice,
    filter === undefined ? undefined : requireFilter(filter, DISSECTORS),
  );
  const writer = new BlockWriter(undefined, octets);
  const annotator = new Annotator(undefined, false);
  let text = '';
  // As between threads: what cannot be copied cannot be handed over.
  const print = () => {
    text += new TextDecoder().decode(printer.print(structuredClone(writer.take()), new ArrayBuffer(64)));
  };
  for (const message of messages) {
    if (writer.isFull) print();
    writer.add(message, annotator.push(message).notes);
  }
  print();
  return text;
}

describe('BlockPrinter', () => {
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
        for (const octets of [1, 300, 32_768]) {
          const whole = { ...PLAIN, ...choice };
          expect(inBlocks(whole, messages, filter, octets)).toBe(oneByOne(whole, messages, filter));
        }
      }
    },
    60_000,
  );

  it('does not print again what stands before all lines', () => {
    const choice: FormatChoice = {
      ...PLAIN,
      type: 'fields',
      fields: ['type'],
      fieldSettings: ['header=y'],
      continues: { beginMillis: 0 },
    };
    expect(
      new BlockPrinter(choice, undefined).print(new BlockWriter().take(), new ArrayBuffer(64)),
    ).toHaveLength(0);
  });
});
