/** Goal: nobody is told that everything was met when it was not, and what is said to be impossible is a known name. */
import { describe, expect, it } from 'vitest';
import { Coverage } from '../../src/sim/coverage.ts';
import { summary, UNREACHABLE } from '../../src/sim/expected.ts';

describe('what runs are expected to go through', () => {
  it('is all missing before the first run, and met one by one', () => {
    const coverage = new Coverage();
    for (const { seen, of, missing } of summary(coverage)) {
      expect(seen).toBe(0);
      expect(missing).toHaveLength(of);
    }
    coverage.saw('transition NORMAL to PARTNER-DOWN');
    const [transitions] = summary(coverage).filter(({ what }) => what === 'transitions');
    expect(transitions?.seen).toBe(1);
    expect(transitions?.missing).not.toContain('transition NORMAL to PARTNER-DOWN');
  });

  it('asks for nothing that cannot be', () => {
    const missing = summary(new Coverage()).flatMap((one) => one.missing);
    for (const [name, reason] of Object.entries(UNREACHABLE)) {
      expect(missing).not.toContain(name);
      expect(reason.length).toBeGreaterThan(20);
    }
  });
});
