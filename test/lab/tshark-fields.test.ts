/**
 * Our reading of DHCPv6 messages and of DHCPv4 failover against that of tshark, field by field and by place: wherever we
 * say that a field stands, tshark must have one of the same octets, and show the same there. Messages are generated from
 * the definitions, every option of them many times, and taken from the captures of real servers.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Field, Message, TreeNode } from '../../src/dissect/message.ts';
import { captured } from '../dissect/captured.ts';
import { datagramCapture } from '../support/datagrams.ts';
import { clientMessages, OPTION_NAMES } from '../support/defined.ts';
import { type ShownField, type ShownMessage, shownByTshark } from '../support/pdml.ts';
import { temporaryFolder, top } from '../support/process.ts';

const why = spawnSync('tshark', ['--version']).status === 0 ? undefined : 'tshark is not installed';
if (why !== undefined)
  process.stderr.write(`\n*** ${why}: fields are NOT compared with those of tshark ***\n\n`);

/** Options into which tshark 4.0 does not look; a newer one may. */
const UNREAD_BY_TSHARK: ReadonlySet<string> = new Set(
  [
    '4RD 4RD_MAP_RULE 4RD_NON_MAP_RULE ADDRSEL ADDRSEL_TABLE ANI_AP_BSSID ANI_AP_NAME ANI_ATT',
    'ANI_NETWORK_NAME ANI_OPERATOR_ID ANI_OPERATOR_REALM CLIENT_ARCH_TYPE CLIENT_LINKLAYER_ADDR',
    'DHCP4_O_DHCP6_SERVER DHCPV4_MSG ERP_LOCAL_DOMAIN_NAME FORWARD_DIST_MANAGER GEOCONF_CIVIC GEOLOCATION',
    'IALOCATOR IA_LL IA_SRV6_LOCATOR INF_MAX_RT IPV6_ADDRESS-ANDSF KRB_DEFAULT_REALM_NAME KRB_KDC KRB_PRINCIPAL_NAME KRB_REALM_NAME',
    'LINK_ADDRESS LLADDR MIP6_HAA MIP6_HAF MIP6_HNIDF MIP6_HNP MIP6_IDINF MIP6_UDINF MIP6_VDINF',
    'MPL_PARAMETERS NII RADIUS RDNSS_SELECTION REGISTERED_DOMAIN REVERSE_DIST_MANAGER RSOO',
    'S46_BIND_IPV6_PREFIX SIP_UA_CS_LIST SLAP_QUAD SOL_MAX_RT V6_ACCESS_DOMAIN V6_DNR V6_DOTS_ADDRESS',
    'V6_DOTS_RI V6_LOST V6_PCP_SERVER V6_PREFIX64 V6_SZTP_REDIRECT VSS',
  ]
    .join(' ')
    .split(' ')
    .map((name) => `OPTION_${name}`)
    .concat('OPT_BOOTFILE_PARAM', 'OPT_BOOTFILE_URL', 'OPTION-IPv6_Address-MoS', 'OPTION-IPv6_FQDN-MoS'),
);

/** Options of which tshark shows the fields, and not the options behind them. */
const HOLDS_UNREAD: ReadonlySet<string> = new Set(['OPTION_S46_RULE']);

/** Fields that tshark shows in another form, and which. */
const SHOWN_OTHERWISE: Readonly<Record<string, string>> = {
  'OPTION_RELAY_MSG DHCP-relay-message': 'only as the message that it is',
  'OPTION_VENDOR_OPTS vendor-option-data': 'only as the options that are in it',
  'OPTION_VENDOR_CLASS vendor-class-data': 'all behind the first length as one',
  'OPTION_S46_DMR dmr-ipv6-prefix': 'length and address apart',
  'OPTION_S46_RULE ipv4-prefix': 'not at all behind a length of more than 32',
  'OPTION_S46_RULE ipv6-prefix': 'length and address apart',
  'OPTION_S46_V4V6BIND bind-ipv6-prefix': 'length and address apart',
  'OPTION_S46_PORTPARAMS PSID-len': 'not at all behind an offset of more than 15',
  'OPTION_S46_PORTPARAMS PSID': 'its leftmost bits, as many as PSID-len says',
};

/** What tshark shows of octets that it does not look into. */
const RAW = ['dhcpv6.option.value', 'dhcpv6.unknown', 'data.data', 'data.len'];

/** One message as both read it. */
class Compared {
  /** Options whose contents tshark leaves as they are. */
  readonly unread = new Set<string>();
  /** Fields of ours for which tshark has no place or another value. */
  readonly different = new Set<string>();
  private readonly theirs: ShownMessage;
  /** Where our offset 0 stands in their counting. */
  private readonly shift: number;

  /** `prefix`: octets that tshark counts before the message. */
  constructor(ours: Message, theirs: ShownMessage, prefix: number) {
    this.theirs = theirs;
    this.shift = prefix - ours.frame.start;
    this.node(ours.tree());
  }

  private node(node: TreeNode): void {
    for (const field of node.fields) {
      // Another form of the field before it, and nothing at all, have no place of their own.
      if (field.companion === true || field.end === field.start) continue;
      if (!this.isShown(field)) this.different.add(`${node.name} ${field.name}`);
    }
    if (HOLDS_UNREAD.has(`${node.name}`)) return;
    for (const child of node.children) {
      if (child.kind !== 'message') this.head(child);
      const name = child.name ?? `${child.code}`;
      const from = child.start + (child.kind === 'message' ? 0 : 4);
      if (child.end > from && this.within(from, child.end).every((shown) => RAW.includes(shown.name)))
        this.unread.add(name);
      else this.node(child);
    }
  }

  /** Code and length. */
  private head({ code, start, end }: TreeNode): void {
    const head = (name: string, value: number | null, at: number): Field => ({
      name,
      value,
      start: at,
      end: at + 2,
    });
    const fields = [head('option-code', code, start), head('option-len', end - start - 4, start + 2)];
    for (const field of fields) if (!this.isShown(field)) this.different.add(field.name);
  }

  private within(start: number, end: number): ShownField[] {
    return this.theirs.fields.filter(
      ({ at, size }) => size > 0 && at >= start + this.shift && at + size <= end + this.shift,
    );
  }

  private isShown(field: Field): boolean {
    const { value, start, end } = field;
    const there = this.within(start, end);
    if (!Array.isArray(value))
      return there.some((shown) => shown.size === end - start && agrees(shown, field));
    // Of a list each entry, in this order; where they stand in it is theirs.
    let next = 0;
    for (const shown of there) {
      const entry = { name: field.name, value: value[next], start: 0, end: shown.size };
      if (next < value.length && agrees(shown, entry)) next++;
    }
    return next === value.length;
  }
}

/** Whether tshark shows what we say, in one of the forms that it has for values. */
function agrees({ show, octets }: ShownField, { value, display, start, end }: Field): boolean {
  const shown = show.trim().toLowerCase();
  const plain = shown.replace(/^0x/, '').replaceAll(':', '');
  if (typeof value === 'number') {
    const hex = value.toString(16).padStart(2 * (end - start), '0');
    // Hundredths of a second are shown as milliseconds.
    if ([`${value}`, `${value * 10}`].includes(shown) || plain === hex) return true;
    return display !== undefined && Date.parse(show) === Date.parse(display);
  }
  const text = `${value}`.toLowerCase();
  return (
    [shown, octets].includes(text) || plain === text.replaceAll(':', '') || shown === text.replace(/\.$/, '')
  );
}

describe.skipIf(why !== undefined)(
  `our fields and those of tshark${why === undefined ? '' : ` (${why})`}`,
  () => {
    it('are the same in generated DHCPv6 messages', async () => {
      const folder = temporaryFolder();
      const file = join(folder, 'made.pcap');
      const made = fc.sample(clientMessages(3), { numRuns: 1, seed: 8415 })[0] as Uint8Array[];
      writeFileSync(file, datagramCapture(made));
      const { messages } = await captured(file);
      expect(messages.flatMap((message) => message.problems().map(({ message: text }) => text))).toEqual([]);
      const shown = shownByTshark(file, 'dhcpv6');
      expect(shown.length).toBe(messages.length);
      const unread = new Set<string>();
      const different = new Set<string>();
      messages.forEach((message, index) => {
        const compared = new Compared(message, shown[index] as ShownMessage, 0);
        for (const name of compared.unread) unread.add(name);
        for (const name of compared.different) different.add(name);
      });
      expect([...unread].filter((name) => !UNREAD_BY_TSHARK.has(name))).toEqual([]);
      expect([...different].filter((name) => !(name in SHOWN_OTHERWISE))).toEqual([]);
      // Half of the options are really compared; of the others tshark knows no more than names.
      expect(OPTION_NAMES.length - unread.size).toBeGreaterThan(50);
    }, 60_000);

    const folder = join(top, 'fixtures/captures/dhcpv4-isc');
    it.each(readdirSync(folder).filter((name) => name.endsWith('.pcap')))(
      'are the same in %s',
      async (name) => {
        const { messages } = await captured(join(folder, name));
        const shown = shownByTshark(join(folder, name), 'dhcpfo');
        expect(shown.map(({ packet }) => packet)).toEqual(messages.map(({ frame }) => frame.seen.packet));
        messages.forEach((message, index) => {
          const { unread, different } = new Compared(message, shown[index] as ShownMessage, 2);
          expect([...unread, ...different]).toEqual([]);
        });
      },
    );
  },
);
