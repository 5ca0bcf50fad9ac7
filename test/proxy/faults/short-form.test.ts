import { describe, expect, it } from 'vitest';
import { describe as sentence } from '../../../src/proxy/faults/kinds.ts';
import { parseFault } from '../../../src/proxy/faults/short-form.ts';

describe('the short form of a fault', () => {
  it('reads the line of the documentation', () => {
    const spec = parseFault('drop s>p BNDREPLY where lease in 2001:db8:1::/64 nth 3 times 2');
    expect(spec).toEqual({
      do: 'drop',
      parameters: {},
      direction: 's>p',
      types: ['BNDREPLY'],
      when: 'lease in 2001:db8:1::/64',
      nth: 3,
      times: 2,
    });
    expect(sentence(spec)).toBe(
      'drops BNDREPLY from the secondary to the primary where lease in 2001:db8:1::/64, from the 3rd on, 2 times',
    );
  });

  it('reads values with and without their names, flags, times and a state', () => {
    expect(
      parseFault(
        'skew p>s strobe 4s period 500ms coherent while secondary is recover after 1m for 30s id S1',
      ),
    ).toEqual({
      do: 'skew',
      parameters: { mode: 'strobe', by: '4s', period: '500ms', coherent: true },
      direction: 'p>s',
      while: { who: 'secondary', state: 'RECOVER' },
      after: 60,
      duration: 30,
      id: 'S1',
    });
    expect(parseFault('delay BNDUPD,BNDREPLY by=2s jitter=300ms probability 10% seed 7')).toEqual({
      do: 'delay',
      parameters: { by: '2s', jitter: '300ms' },
      direction: 'both',
      types: ['BNDUPD', 'BNDREPLY'],
      probability: 0.1,
      seed: 7,
    });
    expect(
      parseFault('split 1,2 where \'status-message == "no way"\' and type == BNDREPLY every 2').when,
    ).toBe('status-message == "no way" and type == BNDREPLY');
  });

  // Every mistake is told in one line that quotes the word and says what would have been right.
  it('refuses a line that is longer than anybody types', () => {
    expect(() => parseFault(`drop id ${'x'.repeat(4089)}`)).toThrow('fault: longer than 4096 characters');
    expect(() => parseFault(`drop id ${'x'.repeat(4088)}`)).toThrow('id: expected');
  });

  it.each([
    ['', 'fault: expected an action such as drop or delay'],
    ['dorp s>p', 'unknown fault "dorp"; did you mean drop?'],
    ['lose s>p', 'unknown fault "lose"; there are: drop, delay, hold'],
    [
      'drop sideways',
      'fault "drop sideways": expected a message type, a direction or a condition (drop takes no parameters), found "sideways"',
    ],
    ['drop nth', 'fault "drop nth": expected a number after "nth"'],
    ['drop nth x', 'fault "drop nth x": expected a number after "nth", found "x"'],
    ['drop nth 0', 'fault drop: nth: expected a whole number from 1 to 1000000000, found 0'],
    ['drop times 1.5', 'fault drop: times: expected a whole number, found 1.5'],
    ['drop probability 2', 'fault drop: probability: expected a number from 0 to 1, found 2'],
    ['drop after soon', 'fault "drop after soon": expected a time such as 30s after "after", found "soon"'],
    ['drop while tertiary is NORMAL', 'expected primary or secondary after "while", found "tertiary"'],
    [
      'drop while primary is NORMEL',
      'while primary is: expected one of STARTUP, NORMAL, COMMUNICATIONS-INTERRUPTED',
    ],
    ['drop when size > 9', 'expected "where", found "when"'],
    ['drop duration 3s', 'expected "for", found "duration"'],
    ['drop where', 'fault "drop where": expected a filter after "where"'],
    ['delay', 'fault delay: by is missing (how long)'],
    ['delay by=fast', 'fault delay: by: expected a time such as 250ms, 7s or 2m, found "fast"'],
    [
      'delay 1s colour=blue',
      'fault delay: unknown parameter "colour"; it takes: by, jitter, distribution, restamp',
    ],
    ['drop s>p p>s', 'fault "drop s>p p>s": expected one direction, or "both", found "p>s"'],
    [
      'drop id 9',
      'fault drop: id: expected a letter, then letters, digits, dots, dashes; at most 64, found "9"',
    ],
  ])('refuses "%s"', (text, message) => {
    expect(() => parseFault(text)).toThrow(
      expect.objectContaining({ name: 'InputError', message: expect.stringContaining(message) }),
    );
  });
});
