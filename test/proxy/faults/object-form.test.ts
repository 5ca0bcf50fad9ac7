/** Goal: an object says what a line says, under one name for each thing, and a name that is wrong is answered with the right one. */
import { describe, expect, it } from 'vitest';
import { faultFromObject } from '../../../src/proxy/faults/object-form.ts';
import { parseFault } from '../../../src/proxy/faults/short-form.ts';

describe('faults as objects', () => {
  it.each([
    [
      { do: 'drop', direction: 's>p', types: ['BNDREPLY'], when: 'status == 5', nth: 3, times: 2 },
      'drop s>p BNDREPLY where status == 5 nth 3 times 2',
    ],
    [{ do: 'partition', after: '10s', duration: '2m' }, 'partition after 10s for 2m'],
    [
      {
        do: 'delay',
        by: '2m',
        until: '2w',
        while: 'secondary is recover',
        id: 'D',
        relationship: 'campus',
        seed: 4,
      },
      'delay 2m until 2w while secondary is RECOVER id D relationship campus seed 4',
    ],
    [{ do: 'reset', every: 2, probability: 0.5 }, 'reset every 2 probability 50%'],
  ])('%j says what a line says', (value, line) => {
    expect(faultFromObject(value)).toEqual(parseFault(line));
  });

  it('are what a spec is as JSON, so that one that was told can be given back', () => {
    const spec = parseFault('skew p>s strobe 4s period 1s where size > 9 while primary is NORMAL for 1m');
    expect(faultFromObject(JSON.parse(JSON.stringify(spec)))).toEqual(spec);
  });

  it.each([
    [{ do: 'drop', where: 'size > 9' }, 'unknown parameter "where"; did you mean when?'],
    [{ do: 'drop', for: '3s' }, 'unknown parameter "for"; did you mean duration?'],
    [{ do: 'drop', tims: 2 }, 'unknown parameter "tims"; did you mean times?'],
    [{ action: 'drop' }, 'expected "do" with an action such as drop'],
    [7, 'expected a line of text or an object with "do", found 7'],
  ])('%j is refused with what would be right', (value, message) => {
    expect(() => faultFromObject(value)).toThrow(
      expect.objectContaining({ name: 'InputError', message: expect.stringContaining(message) }),
    );
  });
});
