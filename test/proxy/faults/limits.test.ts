/** Goal: a fault that could never be applied, or not as it says, is refused before it is armed. */
import { describe, expect, it } from 'vitest';
import { faultFromObject } from '../../../src/proxy/faults/object-form.ts';
import { parseFault } from '../../../src/proxy/faults/short-form.ts';
import { testLink } from '../../support/link.ts';

describe('a fault that makes no sense', () => {
  it.each([
    ['refuse BNDUPD', 'types: it acts on connections'],
    ['refuse where lease == 2001:db8::1', 'when: it acts on connections'],
    ['wrong-certificate CONNECT', 'types: it acts on connections'],
    ['partition BNDUPD', 'types: it acts on everything'],
    ['partition nth 3', 'nth: it acts on everything'],
    ['reject-as BNDUPD', 'types: expected BNDREPLY, the only one'],
    ['refuse-starttls CONNECT', 'types: expected REPLY, the only one'],
    ['drop after 10s until 5s', 'until: expected more than 10 s'],
    ['drop until 0s', 'until: expected more than 0 s'],
    ['drop for 0s', 'duration: expected more than 0 s'],
    ['split 0', 'at: expected whole numbers from 1'],
    ['drop BNDUPD BNDREPLY', 'types joined by a comma, "BNDUPD,BNDREPLY"'],
    ['drop "BNDUPD', 'there is no second "'],
  ])('"%s" is refused', (text, message) => {
    expect(() => parseFault(text)).toThrow(
      expect.objectContaining({ name: 'InputError', message: expect.stringContaining(message) }),
    );
  });

  it.each([
    ['skew p>s', 'by: expected a second or more'],
    ['skew strobe 500ms', 'by: expected a second or more'],
    ['skew drift', 'rate is missing'],
  ])('"%s" is refused when it is armed', (text, message) => {
    expect(() => testLink().fault(text)).toThrow(message);
  });

  it('says at which key', () => {
    expect(() => faultFromObject({ do: 'refuse', types: ['BNDUPD'] })).toThrow(
      expect.objectContaining({ at: ['types'] }),
    );
  });
});
