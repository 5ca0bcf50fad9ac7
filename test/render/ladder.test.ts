/** Goal: lanes of a ladder stand under each other, whatever a name in a message takes on the screen. */
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { dissect } from '../../src/dissect/dissect.ts';
import { loadDissectors } from '../../src/dissect/load.ts';
import { displayWidth } from '../../src/render/escape.ts';
import { Ladder } from '../../src/render/ladder.ts';
import { lineText } from '../../src/render/style.ts';
import { Dialogue } from '../support/dialogue.ts';
import { option } from '../support/messages.ts';

describe('a ladder', () => {
  const dissectors = loadDissectors();

  it.each(['site-a', '日本語テキスト', 'e\u0301\u0301', '\u001b[2J', 'x'.repeat(300), '語'.repeat(300)])(
    'keeps its lanes with the name %j',
    (name) => {
      const dialogue = new Dialogue();
      const connect = dialogue.say('p', 31, 1, 0, option(130, toHex(new TextEncoder().encode(name))));
      const ladder = new Ladder(110);
      const [, , row] = ladder.add(dissect(dissectors, connect.frame, 0), {}).map(lineText);
      const [, , plain] = new Ladder(110)
        .add(dissect(dissectors, dialogue.say('p', 35, 2, 0).frame, 1), {})
        .map(lineText);
      expect(row).toMatch(/\| *$|->\|$/);
      expect(displayWidth(row ?? '')).toBe(displayWidth(plain ?? ''));
      // Nothing stands behind the last lane, painted or not.
      expect(row).toBe(row?.trimEnd());
    },
  );
});
