/** Two relationships never write one file, however its path is written. */
import { expect, it } from 'vitest';
import { ClaimedFiles } from '../../../src/cli/proxy/claimed-files.ts';

it('gives a file to one relationship at a time', () => {
  const files = new ClaimedFiles();
  const giveBack = files.claim('campus', ['tap.pcapng', undefined, 'tap.jsonl']);
  expect(() => files.claim('branch', ['branch.jsonl', './x/../tap.pcapng'])).toThrow(
    './x/../tap.pcapng: the relationship "campus" writes there already',
  );
  // What was refused has taken nothing.
  files.claim('branch', ['branch.jsonl']);
  expect(() => files.claim('lab', ['one', 'one'])).toThrow('the relationship "lab" writes there already');
  giveBack();
  files.claim('lab', ['tap.pcapng', 'tap.jsonl']);
});
