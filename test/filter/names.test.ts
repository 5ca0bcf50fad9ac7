/** Names that come from the dissectors: fields, options, headers, what dialects add, and what relay agents carry. */
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../src/base/bytes.ts';
import type { Connection } from '../../src/base/frame.ts';
import { dissect } from '../../src/dissect/dissect.ts';
import { loadDissectors } from '../../src/dissect/load.ts';
import { requireFilter } from '../../src/filter/compile.ts';
import { SAME, WITHIN } from '../../src/filter/wireshark-names.ts';
import { failoverConnection, handMessage, option } from '../support/messages.ts';

const DISSECTORS = loadDissectors();

function passes(filter: string, hex: string, connection: Partial<Connection>): boolean {
  const bytes = fromHex(hex) as Uint8Array;
  const { frame } = handMessage({ hex: '00', connection: { ...failoverConnection(), ...connection } });
  const message = dissect(DISSECTORS, { ...frame, bytes, end: bytes.length }, 0);
  return requireFilter(filter, DISSECTORS).matches(message, {});
}

// SOLICIT x000005 with IA_NA 7 through a relay agent (RFC 8415 §9.1): hop-count 3.
const relayed = [
  '0c 03 20010db8000000000000000000000001 fe800000000000000000000000000002',
  option(9, '01 000005', option(3, '00000007 00000000 00000000')),
].join('');

it.each(Object.keys({ ...SAME, ...WITHIN }))('%s of Wireshark is known', (name) => {
  expect(() => requireFilter(name, DISSECTORS)).not.toThrow();
});

describe('a filter for messages of clients and relay agents', () => {
  it.each([
    ['hop-count == 3', true],
    ['hop_count > 3', false],
    ['dhcpv6.hop-count == 3', true],
    ['leasequery.hop-count == 3', false],
    // Of the relay message and of what is inside it; `type` and `xid` are those of the relay message alone.
    ['msg-type == SOLICIT && msg-type == RELAY-FORW', true],
    ['msg-type == REQUEST', false],
    ['type == SOLICIT', false],
    ['transaction-id == 5', true],
    ['transaction-id == 6', false],
    ['OPTION_IA_NA', true],
    ['IA_NA && !IA_PD', true],
    ['dhcpv6.ia-na', true],
    // Wireshark's names mean what they mean there: of all messages in it, and of one option.
    ['dhcpv6.msgtype == 12 && dhcpv6.msgtype == SOLICIT && dhcpv6.xid == 5', true],
    ['dhcpv6.xid != 6 && dhcpv6.hopcount === 3', true],
    ['dhcpv6.linkaddr == 2001:db8::1 && dhcpv6.peeraddr == fe80::2', true],
    ['dhcpv6.lq_query_link_address || dhcpv6.lq_relay_data_peer_addr', false],
    ['dhcpv6.iaaddr.pref_lifetime || dhcpv6.reconf_msg', false],
  ])('%s: %s', (filter, wanted) => {
    expect(passes(filter, relayed, { protocol: 'dhcpv6' })).toBe(wanted);
  });

  it('takes for DHCPv6 nothing that DHCPv4 failover says', () => {
    const update = `03 0c 6b00d5af 00000001 ${option(3, '01')}`;
    const connection = { protocol: 'dhcpv4-failover' } as const;
    expect(passes('msg-type == 3 && dhcpfo.type == BNDUPD', update, connection)).toBe(true);
    expect(passes('dhcpv6.msgtype || dhcpv6.xid', update, connection)).toBe(false);
  });

  it('knows the options that only a dialect has', () => {
    // BNDUPD with payload offset 8 and MS-DHCPF option 33, client-subnet-mask 255.255.255.0.
    const update = `03 08 6b00d5af 00000001 ${option(33, 'ffffff00')}`;
    const connection = { protocol: 'dhcpv4-failover', dialect: 'microsoft' } as const;
    expect(passes('client-subnet-mask == 255.255.255.0', update, connection)).toBe(true);
    expect(passes('client-subnet-mask == 255.255.0.0', update, connection)).toBe(false);
    expect(passes('payload-offset == 8', update, connection)).toBe(true);
  });
});
