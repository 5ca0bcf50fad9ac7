/** What the options of `leasetap proxy` say about TLS, for all relationships and for one of them. */
import { describe, expect, it } from 'vitest';
import { checkTlsNames, checkTlsOptions, type TlsOptions, tlsOf } from '../../../src/cli/proxy/tls.ts';
import { certificateFile } from '../../support/tls.ts';

const [cert, key] = [certificateFile('primary.pem'), certificateFile('primary.key')];

function options(given: Partial<TlsOptions>): TlsOptions {
  const none = { tls: [], tlsCert: [], tlsKey: [], tlsToCert: [], tlsToKey: [], tlsCa: [], tlsCaKey: [] };
  return { ...none, tlsKeylog: [], ...given };
}

describe('TLS by options', () => {
  it('is for all, or for the relationship that stands before it', () => {
    const given = options({
      tls: ['pass', 'campus=terminate', 'branch=terminate'],
      tlsCert: ['campus=campus.pem', 'all.pem'],
      tlsKey: ['all.key', 'campus=campus.key'],
      tlsKeylog: ['branch=keys.txt'],
    });
    expect(tlsOf(given, 'campus')).toEqual({ cert: 'campus.pem', key: 'campus.key' });
    expect(tlsOf(given, 'branch')).toEqual({ cert: 'all.pem', key: 'all.key', keylog: 'keys.txt' });
    expect(tlsOf(given, 'third')).toBe('pass');
    expect(tlsOf(given)).toBe('pass');
    expect(tlsOf(options({}), 'campus')).toBeUndefined();
  });

  it.each([
    [options({ tlsCert: [cert] }), /^--tls-cert, --tls-key, .* need --tls terminate$/],
    [options({ tls: ['termnate'] }), /^--tls termnate: expected pass or terminate/],
    [options({ tls: ['terminate'] }), /^--tls-cert: is needed where TLS is terminated$/],
    [options({ tls: ['terminate'], tlsCert: [cert] }), /^--tls-key: is needed/],
    [
      options({ tls: ['terminate'], tlsCert: [cert], tlsKey: [key], tlsToCert: [cert] }),
      /^--tls-to-key: is needed/,
    ],
    [
      options({ tls: ['terminate'], tlsCert: ['no.pem'], tlsKey: [key] }),
      /^--tls-cert: no.pem: no such file or directory$/,
    ],
    [
      options({ tls: ['terminate'], tlsCert: [cert], tlsKey: [key], tlsKeylog: ['/nowhere/keys'] }),
      /^--tls-keylog: \/nowhere\/keys: no such file or directory$/,
    ],
  ])('says in one line what is wrong (%#)', (given, message) => {
    expect(() => checkTlsOptions(tlsOf(given))).toThrow(message);
  });

  it('knows the names', () => {
    const given = options({ tls: ['campsu=terminate'] });
    expect(() => checkTlsNames(given, ['campus', 'branch'])).toThrow(
      '--tls campsu=terminate: there is no relationship "campsu", expected campus, branch',
    );
    expect(() => checkTlsNames(options({ tlsCert: ['./a=b.pem'] }), ['campus'])).not.toThrow();
  });
});
