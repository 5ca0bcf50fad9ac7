/** Goal: what differs between two messages stands out, and what is the same in both stands beside each other. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dissect } from '../../src/dissect/dissect.ts';
import { loadDissectors } from '../../src/dissect/load.ts';
import type { Message } from '../../src/dissect/message.ts';
import { comparedMessages } from '../../src/render/compare.ts';
import { treeRows } from '../../src/render/tree.ts';
import { Dialogue, serverState, u32 } from '../support/dialogue.ts';

const dissectors = loadDissectors();

function said(...words: Parameters<Dialogue['say']>): Message {
  const { frame, index } = new Dialogue().say(...words);
  return dissect(dissectors, frame, index);
}

/** Rows that differ, as `change left | right`. */
const differences = (left: Message, right: Message): string[] =>
  comparedMessages(left, right)
    .filter(({ change }) => change !== 'same')
    .map((row) => `${row.change}: ${row.left.trim()} | ${row.right.trim()}`.trim());

describe('two messages', () => {
  it('that are the same differ nowhere', () => {
    const message = said('p', 34, 5, 0, serverState(2));
    expect(differences(message, message)).toEqual([]);
    expect(comparedMessages(message, message)[0]).toMatchObject({ change: 'same' });
  });

  it('with other values differ in those, and an option of one of them stands alone where it is', () => {
    const mclt = u32(122, 3600);
    const left = said('p', 31, 5, 0, mclt, u32(128, 60), u32(121, 10));
    const right = said('p', 31, 6, 0, mclt, u32(121, 20));
    const found = differences(left, right).filter((text) => !text.includes('#0'));
    expect(found).toEqual([
      'changed: transaction-id: 5 | transaction-id: 6',
      'left: OPTION_F_KEEPALIVE_TIME (128), 8 octets |',
      'left: keepalive-time: 60 s (60) |',
      'changed: max-unacked-bndupd: 10 | max-unacked-bndupd: 20',
    ]);
    expect(differences(right, left).filter((text) => text.startsWith('right:'))).toHaveLength(2);
  });

  it('share as many rows as two orders of options have in common', () => {
    const options = [u32(122, 3600), u32(128, 60), u32(121, 10), serverState(2)];
    const some = fc.array(fc.constantFrom(...options), { maxLength: 5 });
    fc.assert(
      fc.property(some, some, (one, other) => {
        const [left, right] = [said('p', 31, 5, 0, ...one), said('p', 31, 5, 0, ...other)];
        const shared = comparedMessages(left, right).filter(({ change }) => /same|changed/.test(change));
        expect(shared).toHaveLength(inCommon(keysOf(left), keysOf(right)));
      }),
      { numRuns: 60 },
    );
  });
});

const keysOf = (message: Message): string[] => treeRows(message).map(({ key }) => key);

/** Length of the longest list that both contain in order, by trying. */
function inCommon(a: readonly string[], b: readonly string[], known = new Map<number, number>()): number {
  const [first, ...rest] = a;
  if (first === undefined || b.length === 0) return 0;
  const at = a.length * 1000 + b.length;
  const found = known.get(at);
  if (found !== undefined) return found;
  const place = b.indexOf(first);
  const without = inCommon(rest, b, known);
  const taken = place < 0 ? 0 : 1 + inCommon(rest, b.slice(place + 1), known);
  known.set(at, Math.max(without, taken));
  return Math.max(without, taken);
}
