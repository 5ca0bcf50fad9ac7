/** Goal: every run has its messages read by the dissectors, at least one of each kind, and what they say ends it. */
import { describe, expect, it } from 'vitest';
import { DISSECTED } from '../../src/sim/coverage.ts';
import { Sample } from '../../src/sim/inspect.ts';
import { planOf } from '../../src/sim/plan.ts';
import { run } from '../../src/sim/world.ts';

describe('the sample of messages that are dissected', () => {
  it('has the first of each type and length, and every 128th of the rest', () => {
    const sample = new Sample(0);
    const taken = (type: number, length: number) =>
      sample.takes(Uint8Array.of(type, ...Array(length - 1).fill(0)));
    expect([taken(24, 90), taken(24, 90), taken(25, 90), taken(24, 91), taken(24, 90)]).toEqual([
      true,
      false,
      true,
      true,
      false,
    ]);
    const more = Array.from({ length: 256 }, () => taken(24, 90));
    expect(more.filter((one) => one)).toHaveLength(2);
  });

  it('is part of a run, and what is wrong in one message of a kind is found', () => {
    const plan = planOf({ seed: 3, seconds: 6 * 3600, clients: 10, marked: false });
    const types = new Set<number>();
    const { coverage, violation } = run(plan, {
      inspect: (message) => {
        types.add(message[0] as number);
        return undefined;
      },
    });
    expect(violation).toBeUndefined();
    const sent = [...coverage.counts].filter(([what]) => what.startsWith('message ')).map(([what]) => what);
    // CONTACT is sent too, and counted nowhere else.
    expect(types.size).toBe(sent.length + 1);
    expect(coverage.counts.get(DISSECTED)).toBeGreaterThan(sent.length);
    const wrong = run(plan, { inspect: (message) => (message[0] === 30 ? 'UPDDONE is wrong' : undefined) });
    expect(wrong.violation).toMatchObject({ invariant: 'every message dissects', text: 'UPDDONE is wrong' });
  });
});
