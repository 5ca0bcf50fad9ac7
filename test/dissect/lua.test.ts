/**
 * The Lua dissector that we write for Wireshark, loaded into a stock tshark and held against the expectations of the
 * sample captures: which message completes in which packet, and what stands in its options. Skipped without tshark;
 * the name of the group then says so.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { wiresharkLua } from '../../src/dissect/lua.ts';
import { segmentCapture } from '../support/datagrams.ts';
import { DISSECTORS } from './captured.ts';

const DIRECTORY = fileURLToPath(new URL('../../fixtures/captures/', import.meta.url));
const script = join(mkdtempSync(join(tmpdir(), 'leasetap-lua-')), 'failover6.lua');
writeFileSync(script, wiresharkLua(DISSECTORS));

/** All but those that are damaged, that nobody's TCP can put together, or that begin where no message does. */
const CAPTURES = readdirSync(join(DIRECTORY, 'dhcpv6')).filter((name) =>
  /^(basic|ip6|mixed|ng|scn|tcp|vio).*\.pcap(ng)?$/.test(name),
);

/** Our names of fields in the expectations, and those of the Lua dissector. */
const FIELDS = [
  'valid-lifetime',
  'binding-status',
  'server-state',
  'mclt',
  'IPv6-address',
  'IAID',
  'host-name',
  'status-code',
  'preferred-lifetime',
  'prefix-length',
  'IPv6-prefix',
  'T1',
  'T2',
  'keepalive-time',
  'max-unacked-bndupd',
  'relationship-name',
  'status-message',
  'client-last-transaction-time',
];

interface Json {
  readonly [name: string]: unknown;
}

/** Values of one field name over all options of a message, in order. */
function valuesOf(value: unknown, name: string, found: string[] = []): string[] {
  if (Array.isArray(value)) for (const entry of value) valuesOf(entry, name, found);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, entry] of Object.entries(value)) {
      if (key === name) found.push(`${entry}`);
      else valuesOf(entry, name, found);
    }
  }
  return found;
}

function tshark(capture: string, ...more: string[]): string {
  const options = [
    '-o',
    'tcp.reassemble_out_of_order:TRUE',
    '-X',
    `lua_script:${script}`,
    '-r',
    resolve(DIRECTORY, capture),
  ];
  return execFileSync('tshark', [...options, ...more], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 1 << 28,
  });
}

/** Per packet with messages: packet number, types, transaction-ids, sent-times and the chosen fields. */
function readByTshark(capture: string): string[][] {
  const names = [
    'msg_type',
    'transaction_id',
    ...FIELDS.map((name) => name.toLowerCase().replaceAll('-', '_')),
  ];
  const out = tshark(
    capture,
    '-Y',
    'failover6',
    '-T',
    'fields',
    '-e',
    'frame.number',
    ...names.flatMap((name) => ['-e', `failover6.${name}`]),
  );
  return out
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => line.split('\t'));
}

function expected(capture: string): string[][] {
  const file = join(DIRECTORY, capture.replace(/\.pcap(ng)?$/, '.expect.jsonl'));
  const messages = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Json);
  const packets = new Map<number, Json[]>();
  for (const message of messages) {
    const packet = message['frame'] as number;
    packets.set(packet, [...(packets.get(packet) ?? []), message]);
  }
  return [...packets].map(([packet, inside]) => {
    const types = inside.flatMap((message) => [
      message['msg_type'],
      ...valuesOf(message['options'], 'msg-type'),
    ]);
    const ids = inside.map((message) => message['transaction_id']);
    const values = FIELDS.map((name) =>
      valuesOf(
        inside.map((message) => message['options']),
        name,
      ).join(','),
    );
    return [`${packet}`, types.join(','), ids.join(','), ...values];
  });
}

describe.skipIf(spawnSync('tshark', ['-v']).error !== undefined)(
  'Wireshark with our Lua dissector (needs tshark)',
  () => {
    it.each(CAPTURES)('reads %s as it should', (capture) => {
      expect(readByTshark(`dhcpv6/${capture}`)).toEqual(expected(`dhcpv6/${capture}`));
    });

    it('marks what is malformed', () => {
      const out = tshark(
        'dhcpv6/mal-option-past-message.pcap',
        '-Y',
        'failover6.malformed',
        '-T',
        'fields',
        '-e',
        'frame.number',
      );
      expect(out.trim()).toBe('26');
      expect(tshark('dhcpv6/basic-all-options.pcap', '-Y', 'failover6.malformed || _ws.malformed')).toBe('');
    });

    it('marks DUIDs and names that are none, and takes an empty list for one', () => {
      const original = readFileSync(join(DIRECTORY, 'dhcpv6/basic-all-options.pcap')).toString('hex');
      const marked = (from: string, to: string): number => {
        expect(original).toContain(from);
        const file = join(dirname(script), 'wrong.pcap');
        writeFileSync(file, Buffer.from(original.replaceAll(from, to), 'hex'));
        const out = tshark(file, '-Y', 'failover6.malformed', '-T', 'fields', '-e', 'frame.number');
        return out.split('\n').filter((line) => line !== '').length;
      };
      // A DUID-LL of ten octets is no DUID-UUID, and "example.com" is one name, not two.
      expect(marked('0001000a00030001', '0001000a00040001')).toBeGreaterThan(0);
      expect(marked('076578616d706c6503636f6d00', '076578616d706c6500026f6d00')).toBeGreaterThan(0);
      // OPTION_LQ_CLIENT_LINK with no address at all, in place of a DUID-LL of ten octets.
      expect(marked('0001000a0003000102005e200009', '0030000000fe0006aaaaaaaaaaaa')).toBe(0);
    });

    it('names the sub-options of enterprises that have a dissector', () => {
      // The sample with the enterprise for documentation, made one of the Broadband Forum, whose first two are texts.
      const original = readFileSync(join(DIRECTORY, 'dhcpv6/basic-all-options.pcap')).toString('hex');
      const options = '0001000361626300020000ffff0008';
      const changed = original.replaceAll(`00007ed9${options}`, `00000de9${options}`);
      const file = join(dirname(script), 'vendor.pcap');
      writeFileSync(file, Buffer.from(changed, 'hex'));
      const out = tshark(file, '-Y', 'failover6.acs_url', '-T', 'fields', '-e', 'failover6.acs_url');
      const count = changed.split(`00000de9${options}`).length - 1;
      expect(count).toBeGreaterThan(0);
      expect(out.trim().split(/[\n,]/)).toEqual(Array(count).fill('abc'));
      expect(tshark(file, '-Y', 'failover6.acs_url', '-O', 'failover6')).toMatch(
        /ACS_URL \(1\), 3 octets[\s\S]*PROVISIONING_CODE \(2\), 0 octets[\s\S]*option 65535 \(65535\), 8 octets/,
      );
      expect(tshark(file, '-Y', 'failover6.malformed || _ws.malformed')).toBe('');
    });

    it('reads fields behind their lengths, lists of them, and fields that may be missing', () => {
      // By hand: a BNDUPD with OPTION_LQ_RELAY_DATA, in it a REPLY with V6_DNR twice, MPL_PARAMETERS and SLAP_QUAD.
      const name = '03646e73076578616d706c6500';
      const dns = '20010db8000000000000000000000053';
      const options = [
        `0090 0034 0001 000d${name} 0010${dns} 0001 0007 03646f74 026832 0003 0002 0355`,
        `0090 0011 0002 000d${name}`,
        '0068 0010 80 0a 0258 01 0019 08 0014 02 0032 07 000a',
        '008c 0004 0302 0101',
      ].join('');
      const reply = `07000001${options.replaceAll(' ', '')}`;
      const relayed = dns + reply;
      const bndupd = `1800000100000000002f${(relayed.length / 2).toString(16).padStart(4, '0')}${relayed}`;
      const frame = (bndupd.length / 2).toString(16).padStart(4, '0') + bndupd;
      const file = join(dirname(script), 'counted.pcap');
      writeFileSync(file, segmentCapture(647, Buffer.from(frame, 'hex')));
      const names = ['authentication_domain_name', 'ipv6_address', 'alpn_id', 'port', 'tunit', 'quadrants'];
      const shown = tshark(file, '-T', 'fields', ...names.flatMap((field) => ['-e', `failover6.${field}`]));
      expect(shown.trim().split('\t')).toEqual([
        'dns.example.,dns.example.',
        '2001:db8::53',
        'dot,h2',
        '853',
        '10',
        '0302,0101',
      ]);
      expect(tshark(file, '-Y', 'failover6.malformed || _ws.malformed')).toBe('');
    });

    it('leaves DHCPv4 failover to the dissector that Wireshark has', () => {
      const out = tshark('dhcpv4-isc/first-start.pcap', '-Y', 'dhcpfo', '-T', 'fields', '-e', 'dhcpfo.type');
      expect(out.trim().split(/[\n,]/)).toHaveLength(128);
      expect(tshark('dhcpv4-isc/first-start.pcap', '-Y', 'failover6')).toBe('');
    });
  },
);
