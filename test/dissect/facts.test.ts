/**
 * Facts are read by a walk of their own; the tree, by the definitions in YAML. Over every sample capture the two must
 * say the same. And the few names that lines of text use must be those of the YAML files.
 */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { parseIpv6 } from '../../src/base/ipv6.ts';
import type { Message, TreeNode } from '../../src/dissect/message.ts';
import { directionName } from '../../src/dissect/roles.ts';
import { bindingStatusName, stateName, statusName } from '../../src/dissect/vocabulary.ts';
import { Dialogue, status } from '../support/dialogue.ts';
import { option } from '../support/messages.ts';
import { captured, DISSECTORS } from './captured.ts';

const CAPTURES = fileURLToPath(new URL('../../fixtures/captures/dhcpv6/', import.meta.url));

/** What the tree says about leases, in the words of the facts. */
function leasesOfTree(message: Message): unknown[] {
  const leases: unknown[] = [];
  const walk = (node: TreeNode): void => {
    const value = (of: TreeNode, name: string) => of.fields.find((field) => field.name === name)?.value;
    const inner = (name: string, field: string) => {
      const option = node.children.filter((child) => child.name === name).at(-1);
      return option === undefined ? undefined : value(option, field);
    };
    if (node.name === 'OPTION_IAADDR' || node.name === 'OPTION_IAPREFIX') {
      const isPrefix = node.name === 'OPTION_IAPREFIX';
      leases.push({
        text: isPrefix
          ? `${value(node, 'IPv6-prefix')}/${value(node, 'prefix-length')}`
          : value(node, 'IPv6-address'),
        validLifetime: value(node, 'valid-lifetime'),
        preferredLifetime: value(node, 'preferred-lifetime'),
        bindingStatus: inner('OPTION_F_BINDING_STATUS', 'binding-status'),
        stateExpirationTime: inner('OPTION_F_STATE_EXPIRATION_TIME', 'state-expiration-time'),
        partnerLifetime: inner('OPTION_F_PARTNER_LIFETIME', 'partner-lifetime'),
        partnerLifetimeSent: inner('OPTION_F_PARTNER_LIFETIME_SENT', 'partner-lifetime-sent'),
        expirationTime: inner('OPTION_F_EXPIRATION_TIME', 'expiration-time'),
        cltTime: inner('OPTION_CLT_TIME', 'client-last-transaction-time'),
      });
    }
    node.children.forEach(walk);
  };
  walk(message.tree());
  return leases;
}

function leasesOfFacts(message: Message): unknown[] {
  return message.facts().leases.map((lease) => ({
    text: lease.text,
    validLifetime: lease.validLifetime,
    preferredLifetime: lease.preferredLifetime,
    bindingStatus: lease.bindingStatus,
    stateExpirationTime: lease.stateExpirationTime,
    partnerLifetime: lease.partnerLifetime,
    partnerLifetimeSent: lease.partnerLifetimeSent,
    expirationTime: lease.expirationTime,
    cltTime: lease.cltTime,
  }));
}

describe('facts', () => {
  for (const file of readdirSync(CAPTURES).filter((name) => /^(?!mal-).*\.pcap(ng)?$/.test(name))) {
    it(`say what the tree says in ${file}`, async () => {
      const { messages } = await captured(`${CAPTURES}${file}`);
      const failover = messages.filter((message) => message.protocol === 'dhcpv6-failover');
      expect(failover.length).toBeGreaterThan(0);
      for (const message of failover) {
        expect(leasesOfFacts(message)).toEqual(leasesOfTree(message));
        if (message.msgName === 'STATE') {
          const state = message.tree().children.find((child) => child.name === 'OPTION_F_SERVER_STATE');
          expect(message.facts().serverState).toBe(state?.fields[0]?.value);
        }
      }
    });
  }
});

describe('a status', () => {
  it('counts for every lease below it, unless a lease has its own', () => {
    const [own, other] = ['2001:db8::1', '2001:db8::2'].map((address) =>
      option(
        5,
        toHex(parseIpv6(address) as Uint8Array),
        '00000000',
        '00000000',
        address.endsWith('1') ? status(0) : '',
      ),
    );
    const reply = new Dialogue().say(
      's',
      25,
      1,
      0,
      option(45, option(3, '0a000001 00000000 00000000', own ?? '', other ?? ''), status(16)),
    );
    expect(reply.facts().statusCode).toBe(16);
    expect(reply.facts().leases.map((lease) => lease.statusCode)).toEqual([0, 16]);
  });
});

const V4_CAPTURES = fileURLToPath(new URL('../../fixtures/captures/dhcpv4-isc/', import.meta.url));

describe('facts of DHCPv4 failover', () => {
  for (const file of readdirSync(V4_CAPTURES).filter((name) => name.endsWith('.pcap'))) {
    it(`say what the tree says in ${file}`, async () => {
      const { messages } = await captured(`${V4_CAPTURES}${file}`);
      expect(messages.length).toBeGreaterThan(20);
      for (const message of messages) {
        const values = (name: string) =>
          message.tree().children.flatMap((option) => {
            const field = option.fields.find((one) => one.name === name);
            return field === undefined ? [] : [field.value];
          });
        const facts = message.facts();
        expect(facts.leases.map((lease) => lease.text)).toEqual(values('assigned-IP-address'));
        expect(facts.leases.flatMap((lease) => lease.bindingStatus ?? [])).toEqual(values('binding-status'));
        const unix = facts.leases.flatMap((lease) =>
          lease.stateExpirationTime === undefined ? [] : [lease.stateExpirationTime + 946_684_800],
        );
        expect(unix).toEqual(values('lease-expiration-time').filter((time) => time !== 0));
        expect(facts.serverState).toBe(values('server-state')[0]);
        expect(facts.statusCode).toBe(values('reject-reason')[0]);
        expect(facts.mclt).toBe(values('mclt')[0]);
      }
    });
  }

  it('take the sender of CONNECT as the primary, whoever dialled', async () => {
    // README of these captures: the primary is 10.77.0.1; here the secondary opened the connection.
    const { messages } = await captured(`${V4_CAPTURES}first-start.pcap`);
    const { flow } = (messages[0] as Message).frame.connection;
    expect(flow.ends[0].address).toBe('10.77.0.2');
    expect(messages.slice(0, 2).map(directionName)).toEqual(['p>s', 's>p']);
  });
});

describe('the vocabulary', () => {
  it.each([
    ['dhcpv4-failover', 'server-state', stateName],
    ['dhcpv4-failover', 'binding-status', bindingStatusName],
    ['dhcpv6-failover', 'server-state', stateName],
    ['dhcpv6-failover', 'binding-status', bindingStatusName],
    ['dhcpv6', 'status-code', statusName],
  ] as const)('names every %s %s as the YAML does', (protocol, enumeration, nameOf) => {
    const file = DISSECTORS.files.find(
      ({ definition }) => definition.kind === 'protocol' && definition.protocol === protocol,
    );
    const names = file?.definition.enums.get(enumeration) ?? new Map<number, string>();
    expect(names.size).toBeGreaterThan(6);
    for (const [code, name] of names)
      expect(nameOf(code, protocol === 'dhcpv6' ? undefined : protocol)).toBe(name);
  });

  it('says of a reject-reason its number, by which it is known, and the words of the YAML', () => {
    const file = DISSECTORS.protocols.get('dhcpv4-failover')?.definition;
    const words = [...(file?.enums.get('reject-reason') ?? [])].filter(([code]) => code < 254);
    expect(words.length).toBe(21);
    for (const [code, name] of words)
      expect(statusName(code, 'dhcpv4-failover')).toBe(`reject-reason ${code} (${name})`);
    expect(statusName(77, 'dhcpv4-failover')).toBe('reject-reason 77');
  });
});
