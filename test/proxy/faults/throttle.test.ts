import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/base/bytes.ts';
import { sent, testLink } from '../../support/link.ts';
import { unit } from '../../support/unit.ts';

describe('throttle', () => {
  it('passes octets at its rate and loses none', () => {
    const { link, fault } = testLink();
    fault('throttle 100');
    const stream = concatBytes([unit(24, 1, '00'.repeat(40)), unit(35, 2)]);
    link.receive(stream, 0);
    let passed = sent(link.tick(0)).length;
    for (let now = 0; now <= 600; now += 10) {
      passed += sent(link.tick(now)).length;
      expect(passed).toBeLessThanOrEqual(now / 10 + 5);
    }
    expect(passed).toBe(stream.length);
  });

  it('passes a twentieth of a second at once, not octet by octet', () => {
    const { link, fault } = testLink();
    fault('throttle 100');
    link.receive(unit(24, 1, '00'.repeat(40)), 0);
    const pieces = [100, 150, 200].map((now) => sent(link.tick(now)).length);
    expect(link.deadline()).toBe(250);
    expect(pieces).toEqual([10, 5, 5]);
  });
});
