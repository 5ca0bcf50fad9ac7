/** Two relationships never write one file, however its path is written. */
import { expect, it } from 'vitest';
import { ClaimedFiles } from '../../../src/cli/proxy/claimed-files.ts';

it('gives a file to one relationship at a time', async () => {
  const files = new ClaimedFiles();
  const giveBack = await files.claim('campus', ['tap.pcapng', undefined, 'tap.jsonl']);
  await expect(files.claim('branch', ['branch.jsonl', './x/../tap.pcapng'])).rejects.toThrow(
    './x/../tap.pcapng: the relationship "campus" writes there already',
  );
  // What was refused has taken nothing.
  await files.claim('branch', ['branch.jsonl']);
  await expect(files.claim('lab', ['one', 'one'])).rejects.toThrow(
    'the relationship "lab" writes there already',
  );
  giveBack();
  await files.claim('lab', ['tap.pcapng', 'tap.jsonl']);
});
