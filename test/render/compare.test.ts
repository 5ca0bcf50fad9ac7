/** Goal: what differs between two messages stands out, and what is the same in both stands beside each other. */
import { describe, expect, it } from 'vitest';
import { dissect } from '../../src/dissect/dissect.ts';
import { loadDissectors } from '../../src/dissect/load.ts';
import type { Message } from '../../src/dissect/message.ts';
import { comparedMessages } from '../../src/render/compare.ts';
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
});
