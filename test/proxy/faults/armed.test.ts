/** Goal: a fault counts what it could be applied to and nothing else, and one that acts by itself bides its time. */
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/base/bytes.ts';
import { idsIn, sent, type TestLink, testLink, told } from '../../support/link.ts';
import { option } from '../../support/messages.ts';
import { unit } from '../../support/unit.ts';

/** STATE with OPTION_F_SERVER_STATE (RFC 8156 §5.5.16: NORMAL is 2, RECOVER 6). */
const NORMAL = unit(34, 1, option(132, '02'));
const RECOVER = unit(34, 2, option(132, '06'));

function counted({ board }: TestLink) {
  const { hits, matched } = board.list()[0]?.view(0) ?? {};
  return { hits, matched };
}

describe('what a fault counts', () => {
  const SHORT = unit(35, 1);
  const LONG = unit(35, 2, option(132, '02'));

  it.each([
    ['truncate 10 times 1', [SHORT, LONG]],
    ['corrupt at 12 times 1', [SHORT, LONG]],
    ['split 11 times 1', [SHORT, LONG]],
    ['reject-as times 1', [SHORT, unit(25, 2, option(26, '00'.repeat(25)))]],
  ])('%s: only what it can be applied to', (text, messages) => {
    const tested = testLink();
    tested.fault(`${text} id F`);
    const outputs = tested.link.receive(concatBytes(messages), 0);
    const hits = outputs.flatMap((output) => (output.kind === 'hit' ? [output.message?.transactionId] : []));
    expect(hits).toEqual([2]);
    expect(counted(tested)).toEqual({ hits: 1, matched: 1 });
  });

  it('not the times at which a strobing clock is right', () => {
    const tested = testLink();
    tested.fault('skew strobe 4s period 1s');
    for (const now of [0, 500, 1000, 1500, 2000]) tested.link.receive(SHORT, now);
    expect(counted(tested)).toEqual({ hits: 3, matched: 3 });
  });

  it('itself, if it acts by itself', () => {
    const tested = testLink();
    tested.fault('stall');
    tested.link.tick(0);
    expect(counted(tested)).toEqual({ hits: 1, matched: 1 });
  });
});

describe('a fault that acts by itself while an endpoint is in a state', () => {
  it('waits until that is announced, and asks for no tick before', () => {
    const { link, fault } = testLink();
    fault('inject p>s CONTACT transaction-id=7 while primary is RECOVER');
    expect(sent(link.tick(0))).toHaveLength(0);
    expect(link.deadline()).toBeUndefined();
    expect(idsIn(sent(link.receive(NORMAL, 1)))).toEqual([1]);
    // It has passed already when the fault is looked at.
    link.receive(concatBytes([RECOVER, NORMAL]), 2);
    expect(told(link.tick(2))).toEqual(['CONTACT injected']);
    expect(sent(link.tick(3))).toHaveLength(0);
  });
});
