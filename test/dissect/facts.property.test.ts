/**
 * The facts that a glance finds in the octets are those that the whole tree shows, whatever the octets are: real messages,
 * messages cut anywhere, and messages with octets changed.
 */
import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import type { ProtocolName } from '../../src/base/frame.ts';
import type { Message, TreeNode } from '../../src/dissect/message.ts';
import { option } from '../support/messages.ts';
import { captured } from './captured.ts';
import { messageOf } from './made.ts';

const UNIX_2000 = 946_684_800;

/** By option: facts and the fields that they are. */
const NUMBERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  OPTION_F_BINDING_STATUS: { bindingStatus: 'binding-status' },
  OPTION_F_START_TIME_OF_STATE: { startTimeOfState: 'start-time-of-state' },
  OPTION_F_STATE_EXPIRATION_TIME: { stateExpirationTime: 'state-expiration-time' },
  OPTION_F_PARTNER_LIFETIME: { partnerLifetime: 'partner-lifetime' },
  OPTION_F_PARTNER_LIFETIME_SENT: { partnerLifetimeSent: 'partner-lifetime-sent' },
  OPTION_F_EXPIRATION_TIME: { expirationTime: 'expiration-time' },
  OPTION_CLT_TIME: { cltTime: 'client-last-transaction-time' },
  OPTION_F_SERVER_STATE: { serverState: 'server-state' },
  OPTION_F_SERVER_FLAGS: { serverFlags: 'server-flags' },
  OPTION_F_PARTNER_DOWN_TIME: { partnerDownTime: 'partner-down-time' },
  OPTION_F_MCLT: { mclt: 'mclt' },
  OPTION_F_KEEPALIVE_TIME: { keepaliveTime: 'keepalive-time' },
  OPTION_F_MAX_UNACKED_BNDUPD: { maxUnackedBndupd: 'max-unacked-bndupd' },
  OPTION_F_CONNECT_FLAGS: { connectFlags: 'flags' },
  OPTION_F_PROTOCOL_VERSION: { majorVersion: 'major-version', minorVersion: 'minor-version' },
  'binding-status': { bindingStatus: 'binding-status' },
  'start-time-of-state': { startTimeOfState: 'start-time-of-state' },
  'lease-expiration-time': { stateExpirationTime: 'lease-expiration-time' },
  'potential-expiration-time': { partnerLifetime: 'potential-expiration-time' },
  'server-state': { serverState: 'server-state' },
  'server-flags': { serverFlags: 'server-flags' },
  MCLT: { mclt: 'mclt' },
  'receive-timer': { keepaliveTime: 'receive-timer' },
  'max-unacked-bndupd': { maxUnackedBndupd: 'max-unacked-bndupd' },
  'protocol-version': { majorVersion: 'protocol-version' },
};
/** Facts that are times since 1970 in DHCPv4 failover. */
const V4_TIMES = ['startTimeOfState', 'stateExpirationTime', 'partnerLifetime'];
const OF_LEASES = [
  'bindingStatus',
  'startTimeOfState',
  'stateExpirationTime',
  'partnerLifetime',
  'partnerLifetimeSent',
  'expirationTime',
  'cltTime',
];

type Found = Record<string, unknown>;

/** A run of options, and what it says of itself. */
interface Run {
  lease: Found | undefined;
  readonly insideLease: boolean;
  client: string | undefined;
  iaid: unknown;
  statusCode: unknown;
}

const fieldOf = (node: TreeNode, name: string): unknown =>
  node.fields.find((field) => field.name === name)?.value;
const endsPast = (node: TreeNode): boolean => node.problems.some(({ code }) => code === 'option-past-end');

class TreeFacts {
  readonly message: Message;
  readonly leases: Found[] = [];
  readonly facts: Found = {};

  constructor(message: Message) {
    this.message = message;
    this.run(message.tree().children, undefined, undefined);
    this.facts['client'] ??= this.leases[0]?.['client'];
  }

  run(nodes: readonly TreeNode[], lease: Found | undefined, iaid: unknown): void {
    const before = this.leases.length;
    const run: Run = {
      lease,
      insideLease: lease !== undefined,
      client: undefined,
      iaid,
      statusCode: undefined,
    };
    for (const node of nodes) if (node.name !== null && !endsPast(node)) this.option(node, node.name, run);
    if (run.lease !== undefined) return;
    for (const one of this.leases.slice(before)) {
      one['client'] ??= run.client;
      one['iaid'] ??= run.iaid;
      one['statusCode'] ??= run.statusCode;
    }
  }

  option(node: TreeNode, name: string, run: Run): void {
    if (['OPTION_IA_NA', 'OPTION_IA_TA', 'OPTION_IA_PD'].includes(name))
      this.run(node.children, undefined, fieldOf(node, 'IAID'));
    else if (name === 'OPTION_CLIENT_DATA') this.run(node.children, undefined, undefined);
    else if (name === 'OPTION_RELAY_MSG') this.run(node.children[0]?.children ?? [], undefined, undefined);
    else if (['OPTION_IAADDR', 'OPTION_IAPREFIX', 'assigned-IP-address'].includes(name))
      this.lease(node, run);
    else if (['OPTION_CLIENTID', 'client-identifier', 'client-hardware-address'].includes(name))
      this.client(node, name, run);
    else if (name === 'OPTION_STATUS_CODE' || name === 'reject-reason') this.status(node, run);
    else if (name === 'message') this.facts['statusMessage'] = this.range(node, 'message');
    else if (/^(OPTION_F_RELATIONSHIP_NAME|relationship-name)$/.test(name)) {
      if (!run.insideLease) this.facts['relationshipName'] = this.range(node, 'relationship-name');
    } else this.numbers(node, name, run);
  }

  range(node: TreeNode, name: string): unknown {
    const field = node.fields.find((one) => one.name === name);
    return field && [field.start, field.end];
  }

  lease(node: TreeNode, run: Run): void {
    const v4 = fieldOf(node, 'assigned-IP-address');
    const prefix = fieldOf(node, 'IPv6-prefix');
    const text =
      v4 ??
      (prefix === undefined ? fieldOf(node, 'IPv6-address') : `${prefix}/${fieldOf(node, 'prefix-length')}`);
    if (text === undefined) return;
    const lease: Found = {
      kind: prefix === undefined ? 'address' : 'prefix',
      text,
      preferredLifetime: fieldOf(node, 'preferred-lifetime') ?? 0,
      validLifetime: fieldOf(node, 'valid-lifetime') ?? 0,
    };
    this.leases.push(lease);
    if (v4 !== undefined) run.lease = lease;
    else this.run(node.children, lease, undefined);
  }

  /** An identifier is what it is, even if it is none by its rules. */
  client(node: TreeNode, name: string, run: Run): void {
    const { bytes } = this.message.frame;
    const weak = name === 'client-hardware-address';
    const from = weak ? node.fields.find((field) => field.name === name)?.start : node.start + 4;
    if (from === undefined) return;
    const hex = toHex(bytes, from, node.end);
    if (run.lease !== undefined && !run.insideLease) {
      if (weak) run.lease['client'] ??= hex;
      else run.lease['client'] = hex;
    } else if (!weak) {
      run.client = hex;
      this.facts['client'] ??= hex;
    }
  }

  status(node: TreeNode, run: Run): void {
    const code = fieldOf(node, 'status-code') ?? fieldOf(node, 'reject-reason');
    if (code === undefined) return;
    if (run.lease === undefined) run.statusCode = code;
    else run.lease['statusCode'] = code;
    const known = this.facts['statusCode'];
    if (known !== undefined && (known !== 0 || code === 0)) return;
    this.facts['statusCode'] = code;
    if (node.name === 'OPTION_STATUS_CODE') this.facts['statusMessage'] = this.range(node, 'status-message');
  }

  numbers(node: TreeNode, name: string, run: Run): void {
    const v4 = this.message.protocol === 'dhcpv4-failover';
    for (const [fact, field] of Object.entries(NUMBERS[name] ?? {})) {
      let value = fieldOf(node, field);
      if (typeof value !== 'number') continue;
      if (v4 && V4_TIMES.includes(fact)) {
        if (value === 0) continue;
        value = (value - UNIX_2000 + 2 ** 32) % 2 ** 32;
      }
      if (run.lease === undefined ? !OF_LEASES.includes(fact) || fact === 'startTimeOfState' : true)
        (run.lease ?? this.facts)[fact] = value;
    }
  }
}

/** Without what is not there, and of a lease only what leases have. */
function present(found: object, only?: readonly string[]): Found {
  return Object.fromEntries(
    Object.entries(found).filter(
      ([name, value]) => value !== undefined && name !== 'leases' && (only?.includes(name) ?? true),
    ),
  );
}

const LEASE_FACTS = [
  ...OF_LEASES,
  'kind',
  'text',
  'client',
  'iaid',
  'statusCode',
  'preferredLifetime',
  'validLifetime',
];

function compare(message: Message): void {
  const tree = new TreeFacts(message);
  const facts = message.facts();
  expect(present(facts)).toEqual(present(tree.facts));
  expect(facts.leases.map((lease) => present(lease))).toEqual(
    tree.leases.map((lease) => present(lease, LEASE_FACTS)),
  );
  expect(message.glance().clean).toBe(message.problems().length === 0);
  expect(message.statusCode()).toBe(message.glance().statusCode);
}

const FIXTURES = new URL('../../fixtures/captures/', import.meta.url);
let samples: { readonly bytes: Uint8Array; readonly protocol: ProtocolName }[] = [];

/** BNDREPLY with two clients, three leases and a status at every level. */
function manyStatuses(): Uint8Array {
  const status = (code: string): string => option(13, code, '6e6f');
  const lease = (end: string, inside: string): string =>
    option(5, `20010db80000000000000000000000${end}`, '00000bb8 00000e10', inside);
  const first = option(
    45,
    option(3, '0a000001 00000000 00000000', lease('01', status('0010')), lease('02', status('0011'))),
    option(1, '0003000102005e200001'),
  );
  const prefix = '00000bb8 00000e10 38 20010db8f00100000000000000000000';
  const second = option(
    45,
    option(1, '0003000102005e200002'),
    option(25, '0a000002 00000000 00000000', option(26, prefix, option(114, '01')), status('0000')),
  );
  return fromHex(`19 000142 2d799b90 ${first} ${second} ${status('0012')}`) ?? new Uint8Array(0);
}

beforeAll(async () => {
  const seen = new Set<string>();
  for (const folder of ['dhcpv6/', 'dhcpv4-isc/']) {
    for (const name of readdirSync(new URL(folder, FIXTURES)).filter((one) => /\.pcap(ng)?$/.test(one))) {
      const { messages } = await captured(new URL(folder + name, FIXTURES).pathname);
      for (const { frame, protocol, msgType, size } of messages) {
        const key = `${protocol} ${msgType} ${size}`;
        if (!seen.has(key)) samples.push({ protocol, bytes: frame.bytes.slice(frame.start, frame.end) });
        seen.add(key);
      }
    }
  }
  samples = [{ protocol: 'dhcpv6-failover', bytes: manyStatuses() }, ...samples.slice(0, 400)];
});

describe('facts are those of the tree', () => {
  it('in real messages, whole and cut at every octet', () => {
    expect(samples.length).toBeGreaterThan(50);
    for (const [index, { bytes, protocol }] of samples.entries()) {
      compare(messageOf(bytes, protocol));
      if (index % 7 !== 0) continue;
      for (let length = 0; length < bytes.length; length++)
        compare(messageOf(bytes.slice(0, length), protocol));
    }
  });

  it('in messages with octets changed, read as any protocol', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.oneof(fc.nat(255), fc.constantFrom(0, 5, 13, 45))), {
      maxLength: 6,
    });
    const protocols = fc.constantFrom<ProtocolName>('dhcpv6-failover', 'dhcpv6', 'dhcpv4-failover');
    fc.assert(
      fc.property(fc.nat(), damage, fc.option(protocols), (which, changes, other) => {
        const { bytes, protocol } = samples[which % samples.length] as (typeof samples)[number];
        const damaged = bytes.slice();
        for (const [at, octet] of changes) damaged[at % damaged.length] = octet;
        compare(messageOf(damaged, other ?? protocol));
      }),
      { numRuns: 4000 },
    );
  });

  it('where a hardware address ends before it begins (found with seed 1410307146)', () => {
    // BNDUPD of 192.168.1.9 with an empty client-hardware-address.
    const header = [3, 12, 0, 0, 0, 1, 0, 0, 0, 1];
    const bytes = Uint8Array.of(...header, 0, 2, 0, 4, 192, 168, 1, 9, 0, 5, 0, 0);
    const message = messageOf(bytes, 'dhcpv4-failover');
    compare(message);
    expect(message.facts().leases[0]?.client).toBeUndefined();
  });

  it('in dialects: times since 1970 in RFC 8156 framing, another layout in DHCPv4 failover', () => {
    // STATE with START_TIME_OF_STATE 2024-03-05T09:00:00Z, counted from 1970.
    const unix = messageOf(
      Uint8Array.of(34, 0, 0, 1, 0x65, 0xe6, 0xdf, 0x10, 0, 133, 0, 4, 0x65, 0xe6, 0xdf, 0x10),
      'dhcpv6-failover',
      'unix-epoch',
    );
    expect(unix.facts().startTimeOfState).toBe(762_944_400);
    // BNDUPD of Windows: the scope stands before the hardware address ([MS-DHCPF] §2.2).
    const header = [3, 12, 0, 0, 0, 1, 0, 0, 0, 1];
    const address = [0, 2, 0, 4, 192, 168, 1, 9];
    const hardware = [0, 5, 0, 11, 0, 1, 168, 192, 1, 2, 0, 0x53, 0, 0, 1];
    const microsoft = messageOf(
      Uint8Array.of(...header, ...address, ...hardware),
      'dhcpv4-failover',
      'microsoft',
    );
    expect(microsoft.facts().client).toBe('020053000001');
  });
});
