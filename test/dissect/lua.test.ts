/**
 * The Lua dissector that we write for Wireshark, loaded into a stock tshark and held against the expectations of the
 * sample captures: which message completes in which packet, and what stands in its options. Skipped without tshark;
 * the name of the group then says so.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { wiresharkLua } from '../../src/dissect/lua.ts';
import { DISSECTORS } from './captured.ts';

const DIRECTORY = fileURLToPath(new URL('../../fixtures/captures/', import.meta.url));
const script = join(mkdtempSync(join(tmpdir(), 'leasetap-lua-')), 'failover6.lua');
writeFileSync(script, wiresharkLua(DISSECTORS));

const CAPTURES = [
  ...['basic-all-messages.pcap', 'basic-all-options.pcap', 'basic-unknown-options.pcap', 'ip6-exthdr.pcap'],
  ...[
    'tcp-one-byte.pcap',
    'tcp-split-prefix.pcap',
    'tcp-coalesced.pcap',
    'tcp-retransmit.pcap',
    'tcp-conns.pcap',
  ],
  ...['tcp-out-of-order.pcap', 'mal-option-past-message.pcap', 'mixed-traffic.pcap', 'ng-bigendian.pcapng'],
];

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
    join(DIRECTORY, capture),
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
    .trimEnd()
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

    it('leaves DHCPv4 failover to the dissector that Wireshark has', () => {
      const out = tshark('dhcpv4-isc/first-start.pcap', '-Y', 'dhcpfo', '-T', 'fields', '-e', 'dhcpfo.type');
      expect(out.trim().split(/[\n,]/)).toHaveLength(128);
      expect(tshark('dhcpv4-isc/first-start.pcap', '-Y', 'failover6')).toBe('');
    });
  },
);
