/** Goal: short histories keep what counts, and nothing of a forgotten lease shows in another that took its place. */
import { describe, expect, it } from 'vitest';
import { Analysis } from '../../src/analyze/analysis.ts';
import { bindingStatus, clientLease, Dialogue } from '../support/dialogue.ts';

const BNDUPD = 24;
const BNDREPLY = 25;
const lease = (last: number) => clientLease(`2001:db8::${last.toString(16)}`, bindingStatus(1));

describe('the history of a lease', () => {
  it('loses its oldest statements, but not what was agreed last', () => {
    const analysis = new Analysis(undefined, 3);
    const dialogue = new Dialogue();
    const said = () => [...analysis.leases.all()][0]?.statements.map((one) => one.messageIndex);
    analysis.push(dialogue.say('p', BNDUPD, 1, 0, lease(1)));
    analysis.push(dialogue.say('p', BNDUPD, 2, 1, lease(1)));
    analysis.push(dialogue.say('s', BNDREPLY, 2, 2, lease(1)));
    for (let at = 0; at < 3; at++) analysis.push(dialogue.say('p', BNDUPD, 3 + at, 3 + at, lease(1)));
    expect(said()).toEqual([1, 4, 5]);
    expect([...analysis.leases.all()][0]?.acked?.messageIndex).toBe(1);
    // Agreed: then the older agreement may go.
    analysis.push(dialogue.say('s', BNDREPLY, 5, 9, lease(1)));
    analysis.push(dialogue.say('p', BNDUPD, 6, 10, lease(1)));
    expect(said()).toEqual([4, 5, 7]);
    expect([...analysis.leases.all()][0]?.acked?.messageIndex).toBe(5);
  });

  it('is that of its own lease when others were forgotten, late replies included', () => {
    const analysis = new Analysis(3);
    const dialogue = new Dialogue();
    for (let at = 1; at <= 6; at++) analysis.push(dialogue.say('p', BNDUPD, at, at, lease(at)));
    // Answers to what was forgotten change nothing.
    for (let at = 1; at <= 3; at++) analysis.push(dialogue.say('s', BNDREPLY, at, 10 + at, lease(at)));
    analysis.push(dialogue.say('s', BNDREPLY, 5, 20, lease(5)));
    const seen = [...analysis.leases.all()].map(({ text, statements }) => [
      text,
      statements.map(({ messageIndex, outcome }) => `${messageIndex} ${outcome}`),
    ]);
    expect(seen).toEqual([
      ['2001:db8::4', ['3 pending']],
      ['2001:db8::5', ['4 acked']],
      ['2001:db8::6', ['5 pending']],
    ]);
    expect(analysis.leases.size).toBe(3);
  });

  it('is found by pair and address', () => {
    const analysis = new Analysis();
    analysis.push(new Dialogue().say('p', BNDUPD, 1, 0, lease(1)));
    const [view] = [...analysis.leases.all()];
    expect(analysis.leases.get(view?.pair ?? '', '2001:db8::1')?.statements).toHaveLength(1);
    expect(analysis.leases.get(view?.pair ?? '', '2001:db8::2')).toBeUndefined();
    expect(analysis.leases.get('elsewhere', '2001:db8::1')).toBeUndefined();
  });
});
