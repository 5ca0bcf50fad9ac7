/** Goal: octets that look like the beginnings of many messages do not make a search slow, nor hide a message among few of them. */
import { expect, it } from 'vitest';
import { concatBytes, fromHex } from '../../src/base/bytes.ts';
import { failoverTest } from '../../src/dissect/frame-tests.ts';
import { RESYNC_CANDIDATES_MAX } from '../../src/dissect/limits.ts';
import { Search } from '../../src/dissect/search.ts';
import { EMPTY_SPACE } from '../../src/dissect/walk.ts';
import { SEEN } from './made.ts';

/** RFC 8156 §5.2: a BNDUPD of 60,000 octets, sent when it was seen, of which nothing more comes. */
const LONG = fromHex('ea60180000012d79aa90') as Uint8Array;
/** One of 8 and 104 octets, with an option of 100, which come later. */
const SHORT = fromHex('0070180000012d79aa9000640064') as Uint8Array;

it.each([
  [RESYNC_CANDIDATES_MAX - 1, 10 * (RESYNC_CANDIDATES_MAX - 1)],
  [RESYNC_CANDIDATES_MAX, undefined],
])('behind %i beginnings that are none', (before, found) => {
  const search = new Search(failoverTest(EMPTY_SPACE), 0);
  search.push(concatBytes([...Array.from({ length: before }, () => LONG), SHORT]));
  expect(search.find(SEEN)).toBeUndefined();
  search.push(new Uint8Array(100));
  expect(search.find(SEEN)).toBe(found);
});
