/** That slips are recognized and strangers are not taken for slips. */
import { describe, expect, it } from 'vitest';
import { nearest, suggestion } from '../../src/base/nearest.ts';

describe('nearest', () => {
  const known = ['OPTION_F_MCLT', 'OPTION_F_BINDING_STATUS', 'BNDUPD', 'BNDREPLY', 'type'];

  it.each([
    ['option-f-mclt', 'OPTION_F_MCLT'],
    ['OPTION_F_MLCT', 'OPTION_F_MCLT'],
    ['bndudp', 'BNDUPD'],
    ['BNDREPL', 'BNDREPLY'],
    ['tpye', 'type'],
  ])('takes %s for %s', (word, wanted) => {
    expect(nearest(word, known)).toBe(wanted);
  });

  it('finds nothing near what is far from all', () => {
    expect(nearest('lease', known)).toBeUndefined();
    expect(nearest('x', [])).toBeUndefined();
  });
});

describe('what a message suggests for an unknown word', () => {
  it('is the nearest word, or else what there is', () => {
    expect(suggestion('dorp', ['drop', 'delay'], 'there are drop, delay')).toBe('; did you mean drop?');
    expect(suggestion('skew', ['drop', 'delay'], 'there are drop, delay')).toBe('; there are drop, delay');
    expect(suggestion('skew', ['drop', 'delay'])).toBe('');
  });
});
