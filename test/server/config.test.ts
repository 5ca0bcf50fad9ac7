/** What a server's file may say: the examples are read, and each kind of mistake is told where it is. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseServerConfig, type ServerConfig } from '../../src/server/config.ts';
import { loadServerConfig } from '../../src/server/config-file.ts';
import { ConfigError } from '../../src/server/schema.ts';

const EXAMPLES = new URL('../../docs/examples/', import.meta.url);

describe('examples', () => {
  for (const name of readdirSync(EXAMPLES).filter((entry) => entry.endsWith('.yaml'))) {
    test(`${name} is read without a mistake`, () => {
      expect(loadServerConfig(new URL(name, EXAMPLES).pathname).relationships.length).toBeGreaterThan(0);
    });
  }

  test('every key of server.yaml arrives', () => {
    const file = new URL('server.yaml', EXAMPLES).pathname;
    const config = parseServerConfig(file, readFileSync(file, 'utf8'), (path) => `/etc/leasetap/${path}`);
    expect(config).toEqual({
      duid: Uint8Array.of(0, 3, 0, 1, 2, 0, 0x5e, 0, 0x53, 1),
      storeDirectory: '/etc/leasetap/primary-leases',
      control: { kind: 'unix', path: '/etc/leasetap/primary.sock' },
      dhcpv6: {
        listen: [{ address: '::', port: 547 }],
        interfaces: ['eth0'],
        relayOnly: false,
        preference: 0,
        rapidCommit: false,
        dnsServers: [octets('20010db8000000000000000000000053'), octets('20010db8000000000000000000000153')],
        domainSearch: ['example.com.'],
      },
      failover: {
        listen: [{ address: '::', port: 647 }],
        tls: {
          cert: '/etc/leasetap/tls/server.pem',
          key: '/etc/leasetap/tls/server.key',
          ca: '/etc/leasetap/tls/partners-ca.pem',
          keylog: undefined,
        },
      },
      relationships: [
        {
          name: 'campus',
          role: 'primary',
          partner: {
            address: '2001:db8:0:1::2',
            port: 647,
            certificateNames: ['dhcp2.example.com'],
            certificateSha256: [],
          },
          security: 'tls',
          dialFrom: '2001:db8:0:1::1',
          mcltSeconds: 3600,
          keepaliveSeconds: 60,
          maxUnacked: 100,
          startupSeconds: 10,
          reconnectSeconds: 5,
          autoPartnerDownSeconds: 14_400,
          partnerDownIfAlone: true,
          reuseDeclinedSeconds: 86_400,
          preferredLifetimeSeconds: 3600,
          validLifetimeSeconds: 7200,
          freeBackup: { sharePercent: 50, thresholdPercent: 10 },
          links: [
            {
              prefix: { address: octets('20010db8000100000000000000000000'), length: 64 },
              addressPools: [
                {
                  first: octets('20010db8000100000000000000001000'),
                  last: octets('20010db800010000000000000000ffff'),
                },
              ],
              prefixPools: [
                {
                  prefix: { address: octets('20010db8800000000000000000000000'), length: 40 },
                  delegatedLength: 56,
                },
              ],
            },
          ],
        },
      ],
    } satisfies ServerConfig);
  });
});

function octets(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

const GOOD = `store: leases
control: a.sock
failover: {listen: "[::1]:647"}
relationships:
  - name: lab
    role: secondary
    partner: {address: "::1"}
    security: none
    links:
      - prefix: 2001:db8:1::/64
        address-pools: 2001:db8:1::10 - 2001:db8:1::1f
        prefix-pools:
          - {prefix: "2001:db8:8000::/48", delegated-length: 56}
`;

const asWritten = (path: string): string => path;

/** What is changed in the good file, and all that is then said. */
const MISTAKES: readonly (readonly [what: string, from: string, to: string, says: readonly string[]])[] = [
  [
    'not YAML',
    'store: leases',
    'store: [',
    [
      'f.yaml:2:1: not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
  ],
  [
    'an empty file',
    GOOD,
    '',
    [
      'f.yaml:1:1: expected a mapping with the keys duid, store, control, dhcpv6, failover, relationships, found nothing',
    ],
  ],
  ['a key that is missing', 'store: leases\n', '', ['f.yaml:1:1: the key "store" is missing']],
  [
    'a nested key that is missing',
    '    role: secondary\n',
    '',
    ['f.yaml:5:5: relationships[0]: the key "role" is missing'],
  ],
  ['a slip in a key', 'control:', 'contorl:', ['f.yaml:2:1: unknown key "contorl"; did you mean control?']],
  [
    'an underscore in a key',
    'address-pools:',
    'address_pools:',
    ['f.yaml:11:9: relationships[0].links[0]: unknown key "address_pools"; did you mean address-pools?'],
  ],
  ['a key twice', 'control: a.sock', 'store: b', ['f.yaml:2:1: not YAML: Map keys must be unique']],
  [
    'a word that is none of the list',
    'role: secondary',
    'role: secundary',
    [
      'f.yaml:6:11: relationships[0].role: expected primary or secondary (did you mean "secondary"?), found "secundary"',
    ],
  ],
  [
    'no value',
    'security: none',
    'security:',
    ['f.yaml:8:14: relationships[0].security: expected tls or none, found nothing'],
  ],
  [
    'a partner by name',
    'address: "::1"',
    'address: peer.example.com',
    [
      'f.yaml:7:24: relationships[0].partner.address: expected an IP address (names are not looked up), found "peer.example.com"',
    ],
  ],
  [
    'a resolver by IPv4 address',
    'control: a.sock',
    'dhcpv6: {dns-servers: 192.0.2.53}',
    ['f.yaml:2:23: dhcpv6.dns-servers: expected an IPv6 address, found "192.0.2.53"'],
  ],
  [
    'a domain that is no name',
    'control: a.sock',
    'dhcpv6: {domain-search: [example..com]}',
    [
      'f.yaml:2:26: dhcpv6.domain-search[0]: expected a domain name such as example.com, found "example..com"',
    ],
  ],
  [
    'a number out of range',
    'security: none',
    'security: none\n    max-unacked: 0',
    ['f.yaml:9:18: relationships[0].max-unacked: expected a whole number from 1 to 65535, found 0'],
  ],
  [
    'a duration without sense',
    'security: none',
    'security: none\n    mclt: soon',
    [
      'f.yaml:9:11: relationships[0].mclt: expected a duration such as 30s, 15m, 1h or 7d, from 30s to 1w, found "soon"',
    ],
  ],
  [
    'an MCLT that makes leases too short',
    'security: none',
    'security: none\n    mclt: 29',
    [
      'f.yaml:9:11: relationships[0].mclt: expected a duration such as 30s, 15m, 1h or 7d, from 30s to 1w, found 29',
    ],
  ],
  [
    'host bits in a prefix',
    '2001:db8:1::/64',
    '2001:db8:1::1/64',
    ['f.yaml:10:17: relationships[0].links[0].prefix: host bits are set; expected 2001:db8:1::/64'],
  ],
  [
    'a prefix that is none',
    '2001:db8:1::/64',
    '2001:db8:1::/129',
    [
      'f.yaml:10:17: relationships[0].links[0].prefix: expected an IPv6 prefix such as 2001:db8:1::/64, found "2001:db8:1::/129"',
    ],
  ],
  [
    'a pool elsewhere',
    '2001:db8:1::1f',
    '2001:db8:2::1f',
    [
      "f.yaml:11:24: relationships[0].links[0].address-pools: the range is not within the link's prefix 2001:db8:1::/64",
    ],
  ],
  [
    'a pool backwards',
    '2001:db8:1::1f',
    '2001:db8:1::1',
    ['f.yaml:11:24: relationships[0].links[0].address-pools: the range ends before it begins'],
  ],
  [
    'pools that overlap',
    '2001:db8:1::10 - 2001:db8:1::1f',
    '[2001:db8:1::10 - 2001:db8:1::1f, 2001:db8:1::1f - 2001:db8:1::20]',
    [
      'f.yaml:11:58: relationships[0].links[0].address-pools[1]: overlaps the range at relationships[0].links[0].address-pools[0]',
    ],
  ],
  [
    'delegated prefixes too wide',
    'delegated-length: 56',
    'delegated-length: 47',
    [
      'f.yaml:13:62: relationships[0].links[0].prefix-pools[0].delegated-length: shorter than the prefix 2001:db8:8000::/48',
    ],
  ],
  [
    'delegated prefixes too many',
    'delegated-length: 56',
    'delegated-length: 69',
    [
      'f.yaml:13:62: relationships[0].links[0].prefix-pools[0].delegated-length: more than 2^20 prefixes; expected at most 68',
    ],
  ],
  [
    'a prefix twice',
    '2001:db8:8000::/48',
    '2001:db8:1::/48',
    [
      'f.yaml:10:17: relationships[0].links[0].prefix: overlaps 2001:db8:1::/48 at relationships[0].links[0].prefix-pools[0].prefix',
    ],
  ],
  [
    'TLS without certificates',
    'security: none',
    'security: tls',
    ['f.yaml:8:15: relationships[0].security: TLS needs certificates: the key failover.tls is missing'],
  ],
  [
    'certificates without TLS',
    '{address: "::1"}',
    '{address: "::1", certificate-names: [a]}',
    ['f.yaml:7:14: relationships[0].partner: certificates are named, but security is "none"'],
  ],
  [
    'a secondary that does not listen',
    'failover: {listen: "[::1]:647"}\n',
    '',
    [
      'f.yaml:5:11: relationships[0].role: a secondary waits for its partner: the key failover.listen is missing',
    ],
  ],
  [
    'lifetimes the wrong way round',
    'security: none',
    'security: none\n    lifetimes: {preferred: 2h, valid: 1h}',
    [
      'f.yaml:9:28: relationships[0].lifetimes.preferred: the preferred lifetime is longer than the valid lifetime',
    ],
  ],
  [
    'a bad DUID',
    'control: a.sock',
    'duid: 00:03:0',
    ['f.yaml:2:7: duid: expected a DUID of 3 to 130 octets in hexadecimal, found "00:03:0"'],
  ],
  [
    'a bad listener',
    '"[::1]:647"',
    '"::1:port"',
    ['f.yaml:3:20: failover.listen: expected an address with port such as "[::]:647", found "::1:port"'],
  ],
  [
    'no relationships',
    GOOD.slice(GOOD.indexOf('relationships:')),
    'relationships: []\n',
    ['f.yaml:4:16: relationships: expected at least one of relationships'],
  ],
  [
    'several at once, in the order of the file',
    'store: leases',
    'stor: leases',
    ['f.yaml:1:1: the key "store" is missing', 'f.yaml:1:1: unknown key "stor"; did you mean store?'],
  ],
];

describe('mistakes', () => {
  test('the file that they are put into is good', () => {
    expect(parseServerConfig('f.yaml', GOOD, asWritten).relationships[0]?.name).toBe('lab');
  });

  test.each(MISTAKES)('%s', (_, from, to, says) => {
    const text = GOOD.replace(from, to);
    expect(text).not.toBe(GOOD);
    expect([...mistakesOf(text)].sort()).toEqual([...says].sort());
  });

  test('the same name twice', () => {
    const second = GOOD.slice(GOOD.indexOf('  - name')).replaceAll('2001:db8:', '2001:db9:');
    expect(mistakesOf(GOOD + second)).toEqual([
      'f.yaml:14:11: relationships[1].name: a relationship of the name "lab" is already there',
    ]);
  });

  test('more than people write: a million characters, ten thousand entries', () => {
    const long = (octets: number) => `${GOOD}# ${'x'.repeat(octets - GOOD.length - 3)}\n`;
    expect(mistakesOf(long(1_048_576))).toEqual([]);
    expect(mistakesOf(long(1_048_577))).toEqual(['f.yaml: larger than 1048576 characters']);
    const servers = (count: number) =>
      GOOD.replace('control: a.sock', `dhcpv6: {dns-servers: [${'"2001:db8::53",'.repeat(count)}]}`);
    expect(mistakesOf(servers(10_000))).toEqual([]);
    expect(mistakesOf(servers(10_001))).toEqual([
      'f.yaml:2:23: dhcpv6.dns-servers: expected at most 10000 addresses',
    ]);
  });

  test('the message of the error is one line', () => {
    expect(() => parseServerConfig('f.yaml', 'a: 1\nb: 2\n', asWritten)).toThrow(
      /^f\.yaml:1:1: .* \(and 3 more\)$/,
    );
  });
});

function mistakesOf(text: string): readonly string[] {
  try {
    parseServerConfig('f.yaml', text, asWritten);
  } catch (error) {
    if (error instanceof ConfigError) return error.lines;
    throw error;
  }
  return [];
}
