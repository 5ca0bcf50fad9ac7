/** What the line says, when it is there, and that nothing of it stays. In a real terminal: test/e2e/progress.test.ts. */
import { describe, expect, it } from 'vitest';
import { ProgressBar, progressLine } from '../../../src/cli/read/progress.ts';

describe('progressLine', () => {
  it('says how far, how fast and how long still', () => {
    // A quarter of 400 MB in 5 s: 20 MB/s, 300 MB left.
    const [bar, text] = progressLine(100e6, 400e6, 5000, 79, '');
    expect(bar).toBe(`[${'='.repeat(10)}${' '.repeat(30)}]`);
    expect(text).toBe(' 25% of 400 MB, 20 MB/s, 15 s left');
    expect(progressLine(2.5e9, 5e9, 125_000, 79, 'second of two rounds')[1]).toBe(
      ' 50% of 5.0 GB, 20 MB/s, 2 min 5 s left, second of two rounds',
    );
  });

  it('is never wider than the screen', () => {
    for (let columns = 0; columns < 120; columns++) {
      for (const octets of [0, 1, 5e8, 1e9, 2e9]) {
        expect(progressLine(octets, 1e9, 1000, columns, '').join('').length).toBeLessThanOrEqual(columns);
      }
    }
  });
});

describe('ProgressBar', () => {
  function barAt(): { bar: ProgressBar; shown: string[]; at(millis: number): void } {
    const shown: string[] = [];
    let now = 0;
    const screen = { columns: 80, write: (text: string) => shown.push(text) };
    const bar = new ProgressBar(screen, () => now, 'none');
    return {
      bar,
      shown,
      at: (millis) => {
        now = millis;
        bar.update({ octets: 10e6, octetsTotal: 40e6, packets: 1 });
      },
    };
  }

  it('is not shown for what is soon over, and not drawn for every chunk', () => {
    const { bar, shown, at } = barAt();
    for (const millis of [100, 500, 690]) at(millis);
    bar.erase();
    expect(shown).toEqual([]);
    for (const millis of [1000, 1001, 1050, 1099]) at(millis);
    expect(shown).toHaveLength(1);
    expect(shown[0]).toContain('25% of 40 MB');
  });

  it('goes away for something else, and comes back', () => {
    const { bar, shown, at } = barAt();
    at(1000);
    bar.erase();
    bar.erase();
    at(1001);
    expect(shown.map((text) => text.includes('%'))).toEqual([true, false, true]);
    expect(shown[1]).toBe('\r\u001b[K');
  });

  it('says nothing where nobody knows how much there is', () => {
    const shown: string[] = [];
    let now = 0;
    const bar = new ProgressBar({ write: (text) => shown.push(text) }, () => now, 'none');
    now = 5000;
    bar.update({ octets: 1, octetsTotal: undefined, packets: 1 });
    expect(shown).toEqual([]);
  });
});
