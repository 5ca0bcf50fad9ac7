/** Captures of the repository as messages, and the lines that one thread makes of them. For tests of threads that print. */
import { readdirSync } from 'node:fs';
import { Writable } from 'node:stream';
import { Output } from '../../../../src/cli/output.ts';
import { Annotator } from '../../../../src/cli/read/annotate.ts';
import type { FormatChoice } from '../../../../src/cli/read/format.ts';
import { makeFormat } from '../../../../src/cli/read/formats.ts';
import type { Message } from '../../../../src/dissect/message.ts';
import { requireFilter } from '../../../../src/filter/compile.ts';
import { captured, DISSECTORS } from '../../../dissect/captured.ts';
import { handMessage } from '../../../support/messages.ts';

const FIXTURES = new URL('../../../../fixtures/captures/', import.meta.url);

export const PLAIN: FormatChoice = {
  type: 'text',
  hex: false,
  columns: undefined,
  fields: [],
  fieldSettings: [],
  colour: 'none',
  width: 80,
  dissectors: DISSECTORS,
};

/** Only the index of each message. */
export const INDICES: FormatChoice = { ...PLAIN, columns: 'index' };

/** The lines of so many messages from the first on, with that. */
export const indices = (count: number): string =>
  Array.from({ length: count }, (_, index) => `${index}\n`).join('');

/** Messages of 8 octets. */
export const plain = (count: number): Message[] =>
  Array.from({ length: count }, (_, index) => handMessage({ hex: '22 000007 2d799b90', index }));

/** The messages of each capture. */
export async function allCaptured(): Promise<(readonly Message[])[]> {
  const files = ['dhcpv6/', 'dhcpv4-isc/'].flatMap((folder) =>
    readdirSync(new URL(folder, FIXTURES))
      .filter((name) => /\.pcap(ng)?$/.test(name))
      .map((name) => new URL(folder + name, FIXTURES).pathname),
  );
  const captures: (readonly Message[])[] = [];
  for (const file of files) captures.push((await captured(file)).messages);
  return captures;
}

export function oneByOne(choice: FormatChoice, messages: readonly Message[], filter?: string): string {
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
  const annotator = new Annotator({}, false);
  for (const message of messages) {
    const { notes } = annotator.push(message);
    if (passes === undefined || passes.matches(message, notes)) format(message, notes);
  }
  void out.flush();
  return text;
}
