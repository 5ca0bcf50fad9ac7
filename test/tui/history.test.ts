import { describe, expect, it } from 'vitest';
import { History, SCAN_ROWS } from '../../src/tui/history.ts';
import { type Row, RowWindow } from '../../src/tui/row-store.ts';
import { Dialogue } from '../support/dialogue.ts';

function rows(count: number): Row[] {
  const dialogue = new Dialogue();
  return Array.from({ length: count }, (_, at) => ({
    message: dialogue.say(at % 2 === 0 ? 'p' : 's', 35, at, at),
    verdict: 'forwarded' as const,
    hits: [],
    replyIn: undefined,
    replyTo: undefined,
    rttMillis: undefined,
  }));
}

const indexAt = (history: History, position: number) => history.at(position)?.message.index;

describe('history', () => {
  it('keeps the newest rows under the positions that they had', () => {
    const history = new History(new RowWindow(10));
    for (const row of rows(25)) history.add(row);
    expect(history.size).toBeLessThanOrEqual(10);
    expect(history.total).toBe(25);
    expect(history.end).toBe(25);
    for (let at = history.begin; at < history.end; at++) expect(indexAt(history, at)).toBe(at);
    expect(history.at(history.begin - 1)).toBeUndefined();
  });

  it('lists only what passes a filter, before and after rows go', () => {
    const history = new History(new RowWindow(10));
    const all = rows(25);
    for (const row of all.slice(0, 8)) history.add(row);
    history.filter((row) => row.message.frame.direction === 1);
    expect([indexAt(history, 0), indexAt(history, 3)]).toEqual([1, 7]);
    for (const row of all.slice(8)) history.add(row);
    for (let at = history.begin; at < history.end; at++) expect((indexAt(history, at) ?? 0) % 2).toBe(1);
    expect(indexAt(history, history.end - 1)).toBe(23);
    history.filter(undefined);
    expect(indexAt(history, history.end - 1)).toBe(24);
  });

  it('tries a filter on many rows piece by piece, on new ones in their turn', () => {
    const all = rows(3 * SCAN_ROWS + 2);
    const history = new History();
    for (const row of all.slice(0, -2)) history.add(row);
    history.filter((row) => row.message.index % 1000 === 1);
    expect([history.end, history.untried]).toEqual([2, 2 * SCAN_ROWS]);
    // It comes behind rows that were not tried yet.
    for (const row of all.slice(-2)) history.add(row);
    expect([history.end, history.untried]).toEqual([2, 2 * SCAN_ROWS + 2]);
    while (history.untried > 0) history.scan(SCAN_ROWS);
    const passing = Array.from({ length: history.end }, (_, at) => indexAt(history, at));
    expect(passing).toEqual([1, 1001, 2001, 3001, 4001, 5001, 6001]);
    expect(history.positionOf(3000)).toBe(3);
    expect(history.numberAt(3)).toBe(3001);
    expect(history.positionOf(6002)).toBe(history.end);
  });

  it('notes answers on requests of the same protocol, and forgets with the row', () => {
    const history = new History(new RowWindow(10));
    const all = rows(12);
    for (const row of all.slice(0, 3)) history.add(row);
    history.answer('dhcpv6-failover', 1, 2);
    history.answer('dhcpv4-failover', 0, 9);
    expect(history.at(1)?.replyIn).toBe(2);
    expect(history.at(0)?.replyIn).toBeUndefined();
    for (const row of all.slice(3)) history.add(row);
    history.answer('dhcpv6-failover', 0, 5);
    expect(history.at(0)).toBeUndefined();
    expect(history.row(history.begin)?.replyIn).toBeUndefined();
  });
});
