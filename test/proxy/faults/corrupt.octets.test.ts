/**
 * Goal: faults change copies. What came from a socket may be a Buffer, whose `slice` is a view: the octets that were received
 * are recorded and logged after the fault was applied, so they must stay as they came.
 */
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/base/bytes.ts';
import { sent, testLink } from '../../support/link.ts';
import { unit } from '../../support/unit.ts';

describe('octets that a fault is applied to', () => {
  it.each(['corrupt BNDUPD', 'lie-length BNDUPD +3', 'truncate BNDUPD 9', 'duplicate BNDUPD'])(
    'stay as they came: %s',
    (text) => {
      const { link, fault } = testLink();
      fault(text);
      const came = Buffer.from(concatBytes([unit(24, 1, '002d0000'), unit(35, 2)]));
      const before = Uint8Array.from(came);
      const after = sent(link.receive(came, 3_600_000));
      expect(Uint8Array.from(came)).toEqual(before);
      expect(Uint8Array.from(after)).not.toEqual(before);
    },
  );
});
