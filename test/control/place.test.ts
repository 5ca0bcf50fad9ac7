/** Goal: people say where a control is in one way for proxies and servers, and TCP never goes without a real token. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { controlPlace, placeText } from '../../src/control/place.ts';
import { temporaryFolder } from '../support/process.ts';

describe('where a control is', () => {
  it('is a unix socket unless it reads as an address with a port', () => {
    const place = controlPlace('run/tap.sock', undefined, '--token-file');
    expect(place).toEqual({ kind: 'unix', path: 'run/tap.sock' });
    expect(placeText(place)).toBe('run/tap.sock');
  });

  it('on TCP comes with the token of a file, without its line end', () => {
    const file = join(temporaryFolder(), 'token');
    writeFileSync(file, 'sixteen-or-more-x\n');
    const place = controlPlace('[::1]:8474', file, '--token-file');
    expect(place).toEqual({ kind: 'tcp', end: { address: '::1', port: 8474 }, token: 'sixteen-or-more-x' });
    expect(placeText(place)).toBe('[::1]:8474');
  });

  it('is refused without a token, with a short one and with none to read', () => {
    const file = join(temporaryFolder(), 'token');
    writeFileSync(file, 'fifteen-letters\n');
    expect(() => controlPlace('[::1]:8474', undefined, '--token-file')).toThrow('(--token-file FILE)');
    expect(() => controlPlace('[::1]:8474', file, '--token-file')).toThrow('at least 16 characters');
    expect(() => controlPlace('[::1]:8474', `${file}.no`, '--token-file')).toThrow(
      `${file}.no: no such file or directory`,
    );
  });
});
