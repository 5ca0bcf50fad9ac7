/** Each file of a rotated recording is a whole one: it says who opened the connections that are in it, and loses nothing. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fileSource } from '../../../src/capture/files.ts';
import { readMessages } from '../../../src/cli/read/messages.ts';
import { JournalFiles } from '../../../src/proxy/journal/files.ts';
import { DISSECTORS } from '../../dissect/captured.ts';
import { failoverConnection } from '../../support/messages.ts';
import { temporaryFolder } from '../../support/process.ts';
import { unit } from '../../support/unit.ts';

// Ports that tell nothing: the secondary of a proxy listens where it likes.
const ENDS = {
  primary: { address: '2001:db8::1', port: 40_000 },
  listening: { address: '2001:db8::a', port: 41_000 },
  dialling: { address: '2001:db8::b', port: 40_001 },
  secondary: { address: '2001:db8::2', port: 41_001 },
};
const CONTACT = 35;

it('can be read alone, directions included', async () => {
  const folder = temporaryFolder();
  const files = new JournalFiles(
    {
      record: { path: join(folder, 'tap.pcapng'), header: { application: 'test', comments: [] } },
      rotation: { octets: 1500 },
    },
    DISSECTORS,
    (_, error) => {
      throw error;
    },
  );
  const recorder = files.journal.opened(failoverConnection(), ENDS, 1000);
  for (let at = 0; at < 60; at++) recorder.passed(at % 3 === 0 ? 0 : 1, unit(CONTACT, at), 1000 + at, false);
  await files.close();
  const paths = readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));
  expect(paths.length).toBeGreaterThan(4);
  const read = async (sources: readonly string[]) => {
    const found: string[] = [];
    const onMessage = ({ frame, transactionId }: Parameters<NonNullable<Events['onMessage']>>[0]) =>
      found.push(`${frame.direction} ${transactionId}`);
    await readMessages(
      sources.map(fileSource),
      DISSECTORS,
      { onMessage },
      {},
      { interfaces: ['primary-leg'] },
    );
    return found;
  };
  const expected = Array.from({ length: 60 }, (_, at) => `${at % 3 === 0 ? 0 : 1} ${at}`);
  expect(await read(paths)).toEqual(expected);
  const alone = [];
  for (const path of paths) alone.push(...(await read([path])));
  expect(alone).toEqual(expected);
});

type Events = Parameters<typeof readMessages>[2];
