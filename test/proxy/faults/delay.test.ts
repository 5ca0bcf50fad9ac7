import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/base/bytes.ts';
import { changed, details, idsIn, sent, testLink, told } from '../../support/link.ts';
import { unit } from '../../support/unit.ts';

describe('delay', () => {
  it('keeps order: what is behind a late message is late too', () => {
    const { link, fault } = testLink();
    fault('delay BNDUPD 2s');
    expect(sent(link.receive(concatBytes([unit(24, 1), unit(35, 2)]), 0))).toHaveLength(0);
    expect(link.deadline()).toBe(2000);
    expect(link.held()).toBe(20);
    const outputs = link.tick(2000);
    expect(idsIn(sent(outputs))).toEqual([1, 2]);
    expect(told(outputs)).toEqual(['BNDUPD late', 'CONTACT late']);
    expect(details(outputs)).toEqual(['by 2.000 s']);
  });

  it('moves sent-time on with restamp', () => {
    const { link, fault } = testLink();
    fault('delay 8s restamp');
    link.receive(unit(35, 1), 0);
    const [message] = changed(link.tick(8000));
    expect(message?.sentTime).toBe(8);
  });

  it('varies within its jitter', () => {
    const { link, fault } = testLink();
    fault('delay 1s jitter=500ms');
    link.receive(unit(35, 1), 0);
    expect(link.deadline()).toBeGreaterThanOrEqual(500);
    expect(link.deadline()).toBeLessThanOrEqual(1500);
  });

  it('lets everything go when it is removed, and ends the direction only after that', () => {
    const { link, fault, board } = testLink();
    fault('delay 1h');
    link.receive(unit(35, 1), 0);
    expect(link.end(10)).toEqual([]);
    board.remove('F1');
    const outputs = link.tick(20);
    expect(idsIn(sent(outputs))).toEqual([1]);
    expect(outputs.at(-1)).toEqual({ kind: 'end' });
  });
});
