/**
 * Option layouts against a second opinion: messages that we make of values are put into datagrams, and Wireshark's own
 * DHCPv6 dissector must read the values that we meant. Skipped without tshark; the name of the group then says so.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeMessage } from '../../src/dissect/encode.ts';
import { datagramCapture } from '../support/datagrams.ts';
import { DISSECTORS } from './captured.ts';
import { messageOf } from './made.ts';

type Row = readonly [option: Record<string, unknown>, field: string, shown: string];

const DNS = ['2001:db8::53', '2001:db8::54'];

/** An option, a field of Wireshark's, and what must stand in it. */
const ROWS: readonly Row[] = [
  [{ CLIENTID: { DUID: '0003000102005e005301' } }, 'dhcpv6.duidll.link_layer_addr', '02:00:5e:00:53:01'],
  [{ SERVERID: { DUID: '000200007ed90102' } }, 'dhcpv6.duiden.enterprise', '32473'],
  [{ IA_NA: { IAID: 0x01020304, T1: 50, T2: 80 } }, 'dhcpv6.iaid.t2', '80'],
  [
    {
      IA_NA: {
        IAID: 1,
        T1: 0,
        T2: 0,
        options: [
          { IAADDR: { 'IPv6-address': '2001:db8::7', 'preferred-lifetime': 6, 'valid-lifetime': 7 } },
        ],
      },
    },
    'dhcpv6.iaaddr.valid_lifetime',
    '7',
  ],
  [
    {
      IA_PD: {
        IAID: 1,
        T1: 0,
        T2: 0,
        options: [
          {
            IAPREFIX: {
              'preferred-lifetime': 5,
              'valid-lifetime': 6,
              'prefix-length': 56,
              'IPv6-prefix': '2001:db8:5600::',
            },
          },
        ],
      },
    },
    'dhcpv6.iaprefix.pref_addr',
    '2001:db8:5600::',
  ],
  [{ IA_TA: { IAID: 9 } }, 'dhcpv6.iata', '00000009'],
  [{ ORO: { 'requested-option-code': [23, 24, 56] } }, 'dhcpv6.requested_option_code', '23,24,56'],
  [{ PREFERENCE: { 'pref-value': 255 } }, 'dhcpv6.option_preference', '255'],
  [{ ELAPSED_TIME: { 'elapsed-time': 123 } }, 'dhcpv6.elapsed_time', '1230'],
  [{ UNICAST: { 'server-address': '2001:db8::1' } }, 'dhcpv6.unicast', '2001:db8::1'],
  [
    { STATUS_CODE: { 'status-code': 'NoAddrsAvail', 'status-message': 'none left' } },
    'dhcpv6.status_code',
    '2',
  ],
  [{ STATUS_CODE: { 'status-code': 2, 'status-message': 'none left' } }, 'dhcpv6.status_msg', 'none left'],
  [{ USER_CLASS: { 'user-class-data': ['616263'] } }, 'dhcpv6.userclass.length', '3'],
  [
    { VENDOR_CLASS: { 'enterprise-number': 32473, 'vendor-class-data': ['6162'] } },
    'dhcpv6.vendorclass.data',
    'ab',
  ],
  [
    { VENDOR_OPTS: { 'enterprise-number': 32473, 'vendor-option-data': '00070002abcd' } },
    'dhcpv6.vendoropts.enterprise.option_code',
    '7',
  ],
  [{ INTERFACE_ID: { 'interface-id': '6765' } }, 'dhcpv6.interface_id', '6765'],
  [{ RECONF_MSG: { 'msg-type': 'RENEW' } }, 'dhcpv6.reconf_msg', '5'],
  [{ SIP_SERVER_A: { 'SIP-server': ['2001:db8::5060'] } }, 'dhcpv6.sip_server_a', '2001:db8::5060'],
  [
    { SIP_SERVER_D: { 'SIP-server-domain-name-list': ['sip.example.'] } },
    'dhcpv6.sip_server_domain_search_fqdn',
    'sip.example.',
  ],
  [{ DNS_SERVERS: { 'DNS-recursive-name-server': DNS } }, 'dhcpv6.dns_server', DNS.join(',')],
  [
    { DOMAIN_LIST: { searchlist: ['example.com.', 'example.org.'] } },
    'dhcpv6.search_list_entry',
    'example.com.,example.org.',
  ],
  [{ NIS_SERVERS: { 'nis-servers': ['2001:db8::a'] } }, 'dhcpv6.nis_server', '2001:db8::a'],
  [{ NISP_SERVERS: { 'nisp-servers': ['2001:db8::b'] } }, 'dhcpv6.nisp_server', '2001:db8::b'],
  [{ SNTP_SERVERS: { 'sntp-server': ['2001:db8::c'] } }, 'dhcpv6.sntp_server', '2001:db8::c'],
  [{ INFORMATION_REFRESH_TIME: { 'information-refresh-time': 86_400 } }, 'dhcpv6.lifetime', '86400'],
  [{ REMOTE_ID: { 'enterprise-number': 9, 'remote-id': '0102' } }, 'dhcpv6.remoteid.enterprise', '9'],
  [{ SUBSCRIBER_ID: { 'subscriber-id': '6d65' } }, 'dhcpv6.subscriber_id', 'me'],
  [
    { CLIENT_FQDN: { flags: ['S'], 'domain-name': 'host.example.com.' } },
    'dhcpv6.client_domain',
    'host.example.com.',
  ],
  [{ PANA_AGENT: { 'PAA-address': ['2001:db8::d'] } }, 'dhcpv6.pana_agent', '2001:db8::d'],
  [{ NEW_POSIX_TIMEZONE: { 'TZ-POSIX-string': 'CET-1CEST' } }, 'dhcpv6.timezone', 'CET-1CEST'],
  [{ NEW_TZDB_TIMEZONE: { 'TZ-name': 'Europe/Berlin' } }, 'dhcpv6.tzdb', 'Europe/Berlin'],
  [{ CLT_TIME: { 'client-last-transaction-time': 200 } }, 'dhcpv6.clt_time', '200'],
  [{ LQ_CLIENT_LINK: { 'link-address': ['2001:db8::e'] } }, 'dhcpv6.lq_client_link', '2001:db8::e'],
  [{ CAPWAP_AC_V6: { 'AC-IPv6-address': ['2001:db8::f'] } }, 'dhcpv6.capwap_ac_v6', '2001:db8::f'],
  [
    { NTP_SERVER: { options: [{ NTP_SUBOPTION_SRV_ADDR: { 'NTP-server': '2001:db8::123' } }] } },
    'dhcpv6.ntpserver.addr',
    '2001:db8::123',
  ],
  [{ AFTR_NAME: { 'tunnel-endpoint-name': 'aftr.example.' } }, 'dhcpv6.aftr_name', 'aftr.example.'],
  [{ PD_EXCLUDE: { 'prefix-len': 64, 'IPv6-subnet-ID': '0f' } }, 'dhcpv6.pd_exclude.pref_len', '64'],
  [
    {
      S46_CONT_MAPE: {
        options: [
          {
            S46_RULE: {
              flags: ['F'],
              'ea-len': 16,
              'prefix4-len': 24,
              'ipv4-prefix': '192.0.2.0',
              'ipv6-prefix': '2001:db8:1::/48',
            },
          },
        ],
      },
    },
    'dhcpv6.s46_rule.ipv6_prefix',
    '2001:db8:1::',
  ],
  [
    {
      S46_CONT_LW: {
        options: [{ S46_V4V6BIND: { 'ipv4-address': '192.0.2.9', 'bind-ipv6-prefix': '2001:db8:9::/56' } }],
      },
    },
    'dhcpv6.s46_v4v6bind.ipv6_prefix',
    '2001:db8:9::',
  ],
  [
    { S46_CONT_MAPT: { options: [{ S46_DMR: { 'dmr-ipv6-prefix': '2001:db8:64::/64' } }] } },
    'dhcpv6.s46_dmr.dmr_prefix',
    '2001:db8:64::',
  ],
  [{ RELAY_PORT: { 'downstream-source-port': 1047 } }, 'dhcpv6.relay_port', '1047'],
  [{ MUD_URL_V6: { MUDstring: 'https://example.com/m' } }, 'dhcpv6.mudurl', 'https://example.com/m'],
  [{ V6_CAPTIVE_PORTAL: { URI: 'https://example.com/p' } }, 'dhcpv6.captive_portal', 'https://example.com/p'],
];

const MESSAGES = ROWS.map(([option]) =>
  encodeMessage(DISSECTORS, 'dhcpv6', { type: 'REPLY', 'transaction-id': 7, options: [option] }),
);

describe.skipIf(spawnSync('tshark', ['-v']).error !== undefined)(
  'Wireshark of the messages that we make (needs tshark)',
  () => {
    let lines: string[][] = [];

    beforeAll(() => {
      const file = join(mkdtempSync(join(tmpdir(), 'leasetap-tshark-')), 'made.pcap');
      writeFileSync(file, datagramCapture(MESSAGES));
      const fields = ROWS.flatMap(([, field]) => ['-e', field]);
      const out = execFileSync('tshark', ['-r', file, '-T', 'fields', '-e', '_ws.malformed', ...fields], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      lines = out.split('\n').map((line) => line.split('\t'));
    });

    it.each(
      ROWS.map(([option, field, shown], index) => [field, shown, Object.keys(option)[0], index] as const),
    )('%s is %s (%s)', (_field, shown, _option, index) => {
      expect(lines[index]?.[0]).toBe('');
      expect(lines[index]?.[index + 1]?.replaceAll('"', '')).toBe(shown);
      expect(messageOf(MESSAGES[index] as Uint8Array, 'dhcpv6').problems()).toEqual([]);
    });
  },
);
