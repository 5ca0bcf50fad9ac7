/** That option values are understood as people write them, and that nothing else is. */
import { describe, expect, it } from 'vitest';
import { bareAddress, gather, positiveNumber, socketAddress, wholeNumber } from '../../src/cli/arguments.ts';

describe('values of options', () => {
  it('are addresses in their usual forms', () => {
    expect(socketAddress('[2001:DB8::1]:647')).toEqual({ address: '2001:db8::1', port: 647 });
    expect(bareAddress('::ffff:192.0.2.1')).toBe('192.0.2.1');
    expect(() => socketAddress('2001:db8::1:647')).toThrow('expected ADDRESS:PORT');
    expect(() => bareAddress('localhost')).toThrow('expected an IPv6 or IPv4 address');
  });

  it('are numbers without surprises', () => {
    expect([wholeNumber('0'), wholeNumber('4294967295')]).toEqual([0, 4294967295]);
    for (const text of ['', '-1', '1.5', '1e3', '0x10'])
      expect(() => wholeNumber(text)).toThrow('whole number');
    expect(positiveNumber('7')).toBe(7);
    for (const text of ['', '0', '00', '-1', '1.5']) expect(() => positiveNumber(text)).toThrow('above 0');
  });

  it('add up where an option may be given several times', () => {
    expect(gather('b', gather('a', []))).toEqual(['a', 'b']);
  });
});
