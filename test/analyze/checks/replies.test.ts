/** Goal: an answer is blamed for what it says, not for what was wrong with the question. */
import { expect, it } from 'vitest';
import { Conformance } from '../../../src/analyze/checks/conformance.ts';
import { dissect } from '../../../src/dissect/dissect.ts';
import { loadDissectors } from '../../../src/dissect/load.ts';
import { bindingStatus, clientLease, Dialogue } from '../../support/dialogue.ts';

const dissectors = loadDissectors();

/** Rules that the BNDREPLY breaks. */
function broken(update: readonly string[], reply: readonly string[]): string[] {
  const found: string[] = [];
  const conformance = new Conformance(({ id, message }) => message.index === 1 && found.push(id));
  const dialogue = new Dialogue();
  conformance.midStream(0);
  for (const { frame, index } of [
    dialogue.say('p', 24, 1, 0, ...update),
    dialogue.say('s', 25, 1, 1, ...reply),
  ])
    conformance.push(dissect(dissectors, frame, index));
  return found.filter((id) => id.startsWith('bndreply'));
}

const [one, two] = ['2001:db8::1', '2001:db8::3'].map((lease) => clientLease(lease, bindingStatus(1))) as [
  string,
  string,
];

it('an update with two containers may be answered with two (§7.5.3: whatever was received)', () => {
  expect(broken([one, two], [one, two])).toEqual([]);
  expect(broken([one], [one, two])).toEqual(['bndreply-container']);
  expect(broken([one], [one])).toEqual([]);
});
