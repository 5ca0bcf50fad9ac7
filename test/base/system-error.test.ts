/** That refusals of the operating system are told in words, with what they were about. */
import { describe, expect, it } from 'vitest';
import { describeSystemError, failureText } from '../../src/base/system-error.ts';

function systemError(members: object): Error {
  return Object.assign(new Error('as Node says it'), members);
}

describe('an error of the operating system', () => {
  it.each([
    [{ code: 'ENOENT', path: 'a.pcap' }, 'a.pcap: no such file or directory'],
    [{ code: 'EADDRINUSE', address: '::1', port: 647 }, '[::1]:647: the port is in use by another program'],
    [{ code: 'ECONNREFUSED', address: '192.0.2.1', port: 647 }, '192.0.2.1:647: nobody listens there'],
    [{ code: 'ENOSPC' }, 'no space left on the device'],
    // One without words of its own is still no mistake of ours.
    [{ code: 'ELOOP', syscall: 'open', path: 'a.pcap' }, 'a.pcap: ELOOP'],
  ])('%j', (members, words) => {
    expect(describeSystemError(systemError(members))).toBe(words);
  });

  it('is not made of what is a mistake of ours', () => {
    expect(describeSystemError(new TypeError('x is undefined'))).toBeUndefined();
    expect(describeSystemError('text')).toBeUndefined();
    expect(describeSystemError(systemError({ code: 'ERR_INVALID_ARG_TYPE' }))).toBeUndefined();
  });
});

describe('why something failed', () => {
  it('is told in the words of the system, or else as the error says it, behind what it was about', () => {
    expect(failureText(systemError({ code: 'ENOENT', path: 'keys.txt' }), 'keys.txt')).toBe(
      'keys.txt: no such file or directory',
    );
    expect(failureText(new Error('not PEM'), 'keys.txt')).toBe('keys.txt: not PEM');
    expect(failureText(new Error('not PEM'))).toBe('not PEM');
  });
});
