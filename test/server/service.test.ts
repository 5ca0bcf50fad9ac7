/**
 * The DHCPv6 service message by message, against RFC 8415 §16 and §18.3, with lease answers from a small double. What
 * it does with a real endpoint is shown by the simulator and the end-to-end tests.
 */
import { describe, expect, it } from 'vitest';
import { parseIpv6, parsePrefix } from '../../src/base/ipv6.ts';
import type { Resource } from '../../src/failover/lease.ts';
import { type Arrival, Dhcpv6Service, type ServiceResult } from '../../src/server/service.ts';
import type { ServiceConfig } from '../../src/server/service-config.ts';
import { OptionCode, StatusCode } from '../../src/wire/codes.ts';
import { decodeDhcpv6Message, encodeDhcpv6Message } from '../../src/wire/dhcpv6.ts';
import type { ClientServerMessage, Dhcpv6Message, Ia, RelayMessage } from '../../src/wire/dhcpv6-messages.ts';
import type { IaLease } from '../../src/wire/messages.ts';
import { FakeLeases } from './fake-leases.ts';

const NOW = 800_000_000;
const SERVER = Uint8Array.of(0, 3, 0, 1, 2, 0, 0, 0, 0, 1);
const OTHER_SERVER = Uint8Array.of(0, 3, 0, 1, 2, 0, 0, 0, 0, 2);
const CLIENT = Uint8Array.of(0, 3, 0, 1, 2, 0, 0, 0, 1, 1);
const NEIGHBOUR = Uint8Array.of(0, 3, 0, 1, 2, 0, 0, 0, 1, 2);

function ip(text: string): Uint8Array {
  const address = parseIpv6(text);
  if (address === undefined) throw new Error(text);
  return address;
}

function address(text: string): Resource {
  return { kind: 'address', address: ip(text), prefixLength: 128 };
}

function prefix(text: string): Resource {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(text);
  return { kind: 'prefix', address: parsed.address, prefixLength: parsed.length };
}

function link(text: string): ServiceConfig['links'][number]['prefix'] {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

const CONFIG: ServiceConfig = {
  serverId: SERVER,
  preference: 0,
  rapidCommit: false,
  links: [
    {
      prefix: link('2001:db8:1::/64'),
      relationship: 0,
      addressPools: [0],
      prefixPools: [
        { pool: 1, delegatedLength: 56 },
        { pool: 2, delegatedLength: 60 },
      ],
      preferredLifetimeSeconds: 3600,
      validLifetimeSeconds: 7200,
    },
  ],
  dnsServers: [ip('2001:db8::53')],
  domainList: ['example.com.'],
};

const A = address('2001:db8:1::10');
const B = address('2001:db8:1::11');
const P = prefix('2001:db8:8000::/56');
const SMALL = prefix('2001:db8:9000::/60');

function fakes(): FakeLeases {
  return new FakeLeases([[A, B], [P], [SMALL]]);
}

const RELAY = ip('fe80::1');
const LINK_LOCAL: Arrival = { source: RELAY, local: ip('2001:db8:1::1') };

function lease(resource: Resource): IaLease {
  return { ...resource, preferredLifetime: 0, validLifetime: 0 };
}

function na(leases: readonly Resource[] = [], iaid = 1): Ia {
  return { kind: 'IA_NA', iaid, t1: 0, t2: 0, leases: leases.map(lease) };
}

function pd(leases: readonly Resource[] = [], iaid = 1): Ia {
  return { kind: 'IA_PD', iaid, t1: 0, t2: 0, leases: leases.map(lease) };
}

type Partial = Omit<ClientServerMessage, 'transactionId' | 'ias'> & { readonly ias?: readonly Ia[] };

function message(partial: Partial): ClientServerMessage {
  return { transactionId: 0x123456, clientId: CLIENT, ias: [], ...partial };
}

class Desk {
  readonly leases = fakes();
  readonly service: Dhcpv6Service;

  constructor(config: ServiceConfig = CONFIG) {
    this.service = new Dhcpv6Service(config, () => this.leases);
  }

  /** Hands a datagram over and lets the changes happen. */
  send(datagram: Dhcpv6Message, arrival = LINK_LOCAL): ServiceResult {
    const result = this.service.handle(encodeDhcpv6Message(datagram), arrival, NOW);
    if (result.kind === 'answer') this.leases.apply(result.changes, NOW);
    return result;
  }

  /** The answer as the client reads it; fails if there is none or if it is not well-formed. */
  ask(datagram: Partial): ClientServerMessage {
    const result = this.send(message(datagram));
    if (result.kind === 'none') throw new Error(result.why);
    const { message: answer, problems } = decodeDhcpv6Message(result.bytes);
    expect(problems).toEqual([]);
    expect(answer).toMatchObject({ transactionId: 0x123456, serverId: SERVER, clientId: CLIENT });
    return answer as ClientServerMessage;
  }

  why(datagram: Partial): string {
    const result = this.send(message(datagram));
    return result.kind === 'none' ? result.why : 'answered';
  }

  bind(...resources: Resource[]): void {
    const ias = resources.map((resource) => (resource.kind === 'address' ? na([resource]) : pd([resource])));
    this.ask({ type: 'REQUEST', serverId: SERVER, ias });
  }
}

describe('SOLICIT and REQUEST', () => {
  it('advertises an address and a prefix without binding them', () => {
    const desk = new Desk();
    const answer = desk.ask({ type: 'SOLICIT', ias: [na(), pd()] });
    expect(answer.type).toBe('ADVERTISE');
    expect(answer.ias).toEqual([
      {
        ...na(),
        t1: 1800,
        t2: 2880,
        leases: [{ ...A, preferredLifetime: 3600, validLifetime: 7200 }],
      },
      {
        ...pd(),
        t1: 1800,
        t2: 2880,
        leases: [{ ...P, preferredLifetime: 3600, validLifetime: 7200 }],
      },
    ]);
    expect(desk.leases.leases.size).toBe(0);
  });

  it('binds what it gives on REQUEST, and gives the same again', () => {
    const desk = new Desk();
    const first = desk.ask({ type: 'REQUEST', serverId: SERVER, ias: [na([B])] });
    expect(first.ias[0]?.leases).toMatchObject([B]);
    expect(desk.leases.find(B)).toMatchObject({
      status: 'ACTIVE',
      holder: { iaid: 1, t1: 1800, validLifetime: 7200 },
    });
    expect(desk.ask({ type: 'REQUEST', serverId: SERVER, ias: [na()] }).ias[0]?.leases).toMatchObject([B]);
  });

  it('takes T1 and T2 from the shortest preferred lifetime of the whole answer', () => {
    const desk = new Desk();
    desk.leases.lifetimeMax = 1000;
    const { ias } = desk.ask({ type: 'REQUEST', serverId: SERVER, ias: [na(), pd()] });
    expect(ias.map(({ t1, t2 }) => [t1, t2])).toEqual([
      [500, 800],
      [500, 800],
    ]);
    expect(ias[0]?.leases[0]).toMatchObject({ preferredLifetime: 1000, validLifetime: 1000 });
  });

  it('gives several IAs of one client different leases, and each IAID one answer', () => {
    const desk = new Desk();
    const { ias } = desk.ask({
      type: 'REQUEST',
      serverId: SERVER,
      ias: [na([], 1), na([], 2), na([], 1), na([], 3)],
    });
    expect(ias.map(({ iaid, leases, status }) => [iaid, leases[0]?.address, status?.code])).toEqual([
      [1, A.address, undefined],
      [2, B.address, undefined],
      [3, undefined, StatusCode.NoAddrsAvail],
    ]);
  });

  // RFC 8415 §13.1: perfdhcp of Kea asks from a global address of its link.
  it('finds the link of a client by an address of its own that is not link-local', () => {
    const solicit = message({ type: 'SOLICIT', ias: [na()] });
    expect(new Desk().send(solicit, { source: ip('2001:db8:1::9') })).toMatchObject({ kind: 'answer' });
  });

  it('prefers the pool of the prefix length that the client would like', () => {
    const hint = { ...pd(), leases: [lease(prefix('::/60'))] };
    expect(new Desk().ask({ type: 'SOLICIT', ias: [hint] }).ias[0]?.leases).toMatchObject([SMALL]);
  });

  it('says what is not to be had', () => {
    const desk = new Desk();
    desk.leases.pools.length = 0;
    const ta: Ia = { kind: 'IA_TA', iaid: 1, t1: 0, t2: 0, leases: [] };
    const { ias } = desk.ask({ type: 'SOLICIT', ias: [na(), ta, pd()] });
    expect(ias.map(({ status }) => status?.code)).toEqual([
      StatusCode.NoAddrsAvail,
      StatusCode.NoAddrsAvail,
      StatusCode.NoPrefixAvail,
    ]);
  });

  it('says NotOnLink to a REQUEST for an address of another link', () => {
    const { ias } = new Desk().ask({
      type: 'REQUEST',
      serverId: SERVER,
      ias: [na([address('2001:db8:2::1')])],
    });
    expect(ias).toMatchObject([{ leases: [], status: { code: StatusCode.NotOnLink } }]);
  });

  it('commits at once only if client and configuration want it', () => {
    const solicit = { type: 'SOLICIT', rapidCommit: true, ias: [na()] } as const;
    expect(new Desk().ask(solicit).type).toBe('ADVERTISE');
    const desk = new Desk({ ...CONFIG, rapidCommit: true });
    expect(desk.ask(solicit)).toMatchObject({ type: 'REPLY', rapidCommit: true });
    expect(desk.leases.find(A)?.status).toBe('ACTIVE');
    expect(desk.ask({ type: 'SOLICIT', ias: [na()] }).type).toBe('ADVERTISE');
  });

  it('returns the options that are asked for and configured', () => {
    const requestedOptions = [OptionCode.DNS_SERVERS, OptionCode.DOMAIN_LIST, OptionCode.SOL_MAX_RT];
    const answer = new Desk({ ...CONFIG, preference: 7 }).ask({ type: 'SOLICIT', requestedOptions });
    expect(answer).toMatchObject({
      preference: 7,
      dnsServers: CONFIG.dnsServers,
      domainList: ['example.com.'],
    });
    expect(new Desk().ask({ type: 'SOLICIT' }).dnsServers).toBeUndefined();
  });
});

describe('RENEW and REBIND', () => {
  it('extends every lease of the IA and withdraws what is not in it', () => {
    const desk = new Desk();
    desk.bind(A, P);
    const { ias } = desk.ask({ type: 'RENEW', serverId: SERVER, ias: [na([A, B]), pd([P])] });
    expect(ias[0]?.leases).toMatchObject([
      { ...A, validLifetime: 7200 },
      { ...B, preferredLifetime: 0, validLifetime: 0 },
    ]);
    expect(ias[1]?.leases).toMatchObject([{ ...P, validLifetime: 7200 }]);
  });

  it('has no binding for an IA that it does not know', () => {
    const { ias } = new Desk().ask({ type: 'RENEW', serverId: SERVER, ias: [na([A])] });
    expect(ias).toMatchObject([{ leases: [], status: { code: StatusCode.NoBinding } }]);
  });

  it('binds again on REBIND what its partner may have given', () => {
    const desk = new Desk();
    expect(desk.ask({ type: 'REBIND', ias: [na([B])] }).ias[0]?.leases).toMatchObject([
      { ...B, validLifetime: 7200 },
    ]);
    expect(desk.leases.find(B)?.status).toBe('ACTIVE');
  });

  it('withdraws on REBIND what is another client’s or of another link', () => {
    const desk = new Desk();
    desk.send(message({ type: 'REQUEST', clientId: NEIGHBOUR, serverId: SERVER, ias: [na([A])] }));
    const { ias } = desk.ask({ type: 'REBIND', ias: [na([A, address('2001:db8:2::1')])] });
    expect(ias[0]?.leases.map(({ validLifetime }) => validLifetime)).toEqual([0, 0]);
  });

  it('says nothing on REBIND about what another server may know', () => {
    expect(new Desk().why({ type: 'REBIND', ias: [na([address('2001:db8:1::99')])] })).toMatch(/no lease/);
  });
});

describe('RELEASE, DECLINE, CONFIRM and INFORMATION-REQUEST', () => {
  it('takes back the leases that are the client’s own', () => {
    const desk = new Desk();
    desk.bind(A);
    const answer = desk.ask({ type: 'RELEASE', serverId: SERVER, ias: [na([A, B]), pd([P])] });
    expect(answer.status?.code).toBe(StatusCode.Success);
    expect(answer.ias).toMatchObject([{ kind: 'IA_PD', leases: [], status: { code: StatusCode.NoBinding } }]);
    expect(desk.leases.find(A)?.status).toBe('FREE');
    expect(desk.leases.find(B)).toBeUndefined();
  });

  it('marks a declined address and gives another', () => {
    const desk = new Desk();
    desk.bind(A, P);
    desk.ask({ type: 'DECLINE', serverId: SERVER, ias: [na([A]), pd([P])] });
    expect(desk.leases.find(A)?.status).toBe('ABANDONED');
    expect(desk.leases.find(P)?.status).toBe('ACTIVE');
    expect(desk.ask({ type: 'REQUEST', serverId: SERVER, ias: [na()] }).ias[0]?.leases).toMatchObject([B]);
  });

  it('confirms addresses by their link', () => {
    const desk = new Desk();
    expect(desk.ask({ type: 'CONFIRM', ias: [na([A])] }).status?.code).toBe(StatusCode.Success);
    const away = na([A, address('2001:db8:2::1')]);
    expect(desk.ask({ type: 'CONFIRM', ias: [away] }).status?.code).toBe(StatusCode.NotOnLink);
    expect(desk.why({ type: 'CONFIRM', ias: [na()] })).toMatch(/without addresses/);
  });

  it('gives configuration alone', () => {
    const requestedOptions = [OptionCode.DNS_SERVERS];
    const answer = new Desk().ask({ type: 'INFORMATION-REQUEST', requestedOptions });
    expect(answer).toMatchObject({ type: 'REPLY', ias: [], dnsServers: CONFIG.dnsServers });
    const { clientId: _, ...anonymous } = message({ type: 'INFORMATION-REQUEST' });
    expect(new Desk().send(anonymous).kind).toBe('answer');
  });

  it('answers a name with the flag that nothing is updated', () => {
    const clientFqdn = Uint8Array.of(1, 1, 0x61, 0);
    const answer = new Desk().ask({
      type: 'SOLICIT',
      clientFqdn,
      requestedOptions: [OptionCode.CLIENT_FQDN],
    });
    expect(answer.clientFqdn).toEqual(Uint8Array.of(6, 1, 0x61, 0));
  });
});

describe('what is not answered', () => {
  const ias = [na()];
  const wrong: [string, Partial][] = [
    ['§16.2', { type: 'SOLICIT', serverId: SERVER, ias }],
    ['§16.4', { type: 'REQUEST', ias }],
    ['§16.4', { type: 'REQUEST', serverId: OTHER_SERVER, ias }],
    ['§16.5', { type: 'CONFIRM', serverId: SERVER, ias }],
    ['§16.6', { type: 'RENEW', ias }],
    ['§16.6', { type: 'RENEW', serverId: OTHER_SERVER, ias }],
    ['§16.7', { type: 'REBIND', serverId: SERVER, ias }],
    ['§16.8', { type: 'DECLINE', serverId: OTHER_SERVER, ias }],
    ['§16.9', { type: 'RELEASE', ias }],
    ['§16.12', { type: 'INFORMATION-REQUEST', ias }],
    ['§16.12', { type: 'INFORMATION-REQUEST', serverId: OTHER_SERVER }],
    ['not for servers', { type: 'ADVERTISE', serverId: SERVER }],
    ['not for servers', { type: 'REPLY', serverId: SERVER }],
    ['not for servers', { type: 'RECONFIGURE', serverId: SERVER }],
    ['DUID of 2', { type: 'SOLICIT', clientId: CLIENT.subarray(0, 2), ias }],
    ['DUID of 131', { type: 'SOLICIT', clientId: new Uint8Array(131), ias }],
  ];
  it.each(wrong)('%s: %j', (why, partial) => {
    expect(new Desk().why(partial)).toContain(why);
  });

  it.each(['SOLICIT', 'REQUEST', 'CONFIRM', 'RENEW', 'REBIND', 'DECLINE', 'RELEASE'] as const)(
    '%s without client id',
    (type) => {
      const { clientId: _, ...anonymous } = message({ type, ias });
      const named = ['SOLICIT', 'CONFIRM', 'REBIND'].includes(type)
        ? anonymous
        : { ...anonymous, serverId: SERVER };
      expect(new Desk().send(named)).toMatchObject({
        kind: 'none',
        why: expect.stringContaining('without client id'),
      });
    },
  );

  it('a client message to a unicast address, or from a link that is not ours', () => {
    const solicit = message({ type: 'SOLICIT', ias });
    expect(new Desk().send(solicit, { ...LINK_LOCAL, multicast: false })).toMatchObject({ kind: 'none' });
    expect(new Desk().send(solicit, { source: RELAY, local: ip('2001:db8:2::1') })).toMatchObject({
      kind: 'none',
    });
    expect(new Desk().send(solicit, { source: RELAY })).toMatchObject({ kind: 'none' });
  });

  it('octets that are no client message', () => {
    const { service } = new Desk();
    for (const octets of [[], [1], [12, 0], [254, 0, 0, 0], [13, ...new Array(33).fill(0)]]) {
      expect(service.handle(Uint8Array.from(octets), LINK_LOCAL, NOW).kind).toBe('none');
    }
  });
});

describe('more than a client can mean', () => {
  it('is answered with UnspecFail and nothing else', () => {
    const many = Array.from({ length: 17 }, (_, iaid) => na([], iaid));
    const full = na(Array.from({ length: 17 }, () => A));
    for (const ias of [many, [full]]) {
      const status = { code: StatusCode.UnspecFail };
      expect(new Desk().ask({ type: 'SOLICIT', ias })).toMatchObject({ type: 'ADVERTISE', status, ias: [] });
      const desk = new Desk();
      expect(desk.ask({ type: 'REQUEST', serverId: SERVER, ias })).toMatchObject({
        type: 'REPLY',
        status,
        ias: [],
      });
      expect(desk.leases.leases.size).toBe(0);
    }
  });
});

describe('octets without end', () => {
  /** The longest datagram that UDP carries. */
  const DATAGRAM_MAX = 65_507;

  it('are not given back: neither interface-ids nor names', () => {
    const relay = { linkAddress: ip('2001:db8:1::2'), peerAddress: ip('fe80::99'), hopCount: 0 } as const;
    const solicit = message({ type: 'SOLICIT', ias: Array.from({ length: 16 }, (_, iaid) => na([], iaid)) });
    const room = DATAGRAM_MAX - encodeDhcpv6Message(solicit).length - 2 * 42;
    const near: RelayMessage = {
      type: 'RELAY-FORW',
      ...relay,
      interfaceId: new Uint8Array(room),
      message: solicit,
    };
    expect(new Desk().send({ type: 'RELAY-FORW', ...relay, message: near })).toMatchObject({
      kind: 'none',
      why: expect.stringContaining('interface-ids'),
    });
    const requestedOptions = [OptionCode.CLIENT_FQDN];
    const named = { ...solicit, clientFqdn: new Uint8Array(60_000), requestedOptions };
    const desk = new Desk({ ...CONFIG, rapidCommit: true });
    const result = desk.send({ type: 'RELAY-FORW', ...relay, message: { ...named, rapidCommit: true } });
    expect(result).toMatchObject({ kind: 'answer', message: { type: 'REPLY' } });
    expect(result.kind === 'answer' && result.bytes.length).toBeLessThan(2_000);
    expect(desk.leases.find(A)?.holder?.clientFqdn).toBeUndefined();
  });

  it('do not have more than thirty-two leases of one IA extended', () => {
    const many = Array.from({ length: 40 }, (_, index) => address(`2001:db8:1::1:${index}`));
    const desk = new Desk();
    desk.leases.pools[0]?.push(...many);
    desk.bind(A);
    const holder = desk.leases.find(A)?.holder;
    if (holder === undefined) throw new Error('nobody has it');
    desk.leases.apply(
      many.map((resource) => ({ kind: 'bind', resource, holder, desiredLifetime: 7200 })),
      NOW,
    );
    expect(desk.ask({ type: 'RENEW', serverId: SERVER, ias: [na()] }).ias[0]?.leases).toHaveLength(32);
  });

  it('do not get a client more than a few leases without record at once', () => {
    const many = Array.from({ length: 10 }, (_, index) => address(`2001:db8:1::1:${index}`));
    const desk = new Desk();
    desk.leases.pools[0]?.push(...many);
    expect(desk.ask({ type: 'REBIND', ias: [na(many)] }).ias[0]?.leases).toHaveLength(4);
  });
});

describe('obedience to the endpoint (RFC 8156 glossary, §8.7.1)', () => {
  const directed = ['REQUEST', 'RENEW', 'RELEASE', 'DECLINE'] as const;
  const undirected = ['SOLICIT', 'CONFIRM', 'REBIND', 'INFORMATION-REQUEST'] as const;

  it('is silent when unresponsive', () => {
    for (const type of [...directed, ...undirected]) {
      const desk = new Desk();
      desk.bind(A);
      desk.leases.responsive = 'unresponsive';
      const to = undirected.some((each) => each === type) ? {} : { serverId: SERVER };
      const ias = type === 'INFORMATION-REQUEST' ? [] : [na([A])];
      expect(desk.why({ type, ...to, ias })).toMatch(/unresponsive/);
    }
  });

  it('answers only what names it when renew responsive', () => {
    for (const type of directed) {
      const desk = new Desk();
      desk.bind(A);
      desk.leases.responsive = 'renew-responsive';
      expect(desk.ask({ type, serverId: SERVER, ias: [na([A])] }).type).toBe('REPLY');
    }
    for (const type of undirected) {
      const desk = new Desk();
      desk.bind(A);
      desk.leases.responsive = 'renew-responsive';
      const ias = type === 'INFORMATION-REQUEST' ? [] : [na([A])];
      expect(desk.why({ type, ias })).toMatch(/not directed/);
    }
  });

  it('extends only the named leases on record while it may not allocate', () => {
    const desk = new Desk();
    desk.bind(A);
    desk.leases.responsive = 'renew-responsive';
    desk.leases.allocates = false;
    expect(desk.ask({ type: 'RENEW', serverId: SERVER, ias: [na([A, B])] }).ias[0]?.leases).toMatchObject([
      A,
    ]);
    expect(desk.why({ type: 'RENEW', serverId: SERVER, ias: [na([B], 2)] })).toMatch(/no lease/);
    expect(desk.why({ type: 'REQUEST', serverId: SERVER, ias: [na([A])] })).toMatch(/only RENEW/);
    expect(desk.why({ type: 'RELEASE', serverId: SERVER, ias: [na([A])] })).toMatch(/only RENEW/);
  });
});

describe('relay agents', () => {
  const inner: Omit<RelayMessage, 'message'> = {
    type: 'RELAY-FORW',
    hopCount: 0,
    linkAddress: ip('2001:db8:1::2'),
    peerAddress: ip('fe80::99'),
    interfaceId: Uint8Array.of(0xca, 0xfe),
    remoteId: Uint8Array.of(0, 0, 0, 9, 1),
  };
  const outer: Omit<RelayMessage, 'message'> = {
    type: 'RELAY-FORW',
    hopCount: 1,
    linkAddress: ip('2001:db8:ffff::1'),
    peerAddress: ip('2001:db8:1::2'),
  };

  it('sends the answer back the same way and remembers it with the lease', () => {
    const desk = new Desk();
    const request = message({ type: 'REQUEST', serverId: SERVER, ias: [na()] });
    const source = ip('2001:db8:ffff::2');
    const result = desk.send({ ...outer, message: { ...inner, message: request } }, { source });
    if (result.kind === 'none') throw new Error(result.why);
    expect(result.port).toBe(547);
    const { remoteId: _, ...innerBack } = inner;
    expect(decodeDhcpv6Message(result.bytes)).toMatchObject({
      message: {
        ...outer,
        type: 'RELAY-REPL',
        message: { ...innerBack, type: 'RELAY-REPL', message: { type: 'REPLY', ias: [{ leases: [A] }] } },
      },
      problems: [],
    });
    const relayData = desk.leases.find(A)?.holder?.relayData;
    expect(relayData?.peerAddress).toEqual(source);
    expect(decodeDhcpv6Message(relayData?.message ?? new Uint8Array())).toEqual({
      message: { ...outer, message: inner },
      problems: [],
    });
  });

  it('looks further out for the link if the relay agent next to the client gives none', () => {
    const desk = new Desk();
    const nameless = { ...inner, linkAddress: ip('::') };
    const near = { ...outer, linkAddress: ip('2001:db8:1::1') };
    const solicit = message({ type: 'SOLICIT', ias: [na()] });
    expect(desk.send({ ...near, message: { ...nameless, message: solicit } }).kind).toBe('answer');
    expect(desk.send({ ...outer, message: { ...nameless, message: solicit } }).kind).toBe('none');
  });

  it('answers at the port of a relay agent that wants it so (RFC 8357)', () => {
    const solicit = message({ type: 'SOLICIT', ias: [na()] });
    const result = new Desk().send({ ...inner, relayPort: 0, message: solicit });
    expect(result).toMatchObject({ port: 'source' });
    if (result.kind === 'answer') {
      expect(decodeDhcpv6Message(result.bytes).message).toMatchObject({ relayPort: 0 });
    }
    expect(new Desk().send(solicit)).toMatchObject({ port: 546 });
  });

  it('ignores a RELAY-FORW without a message, and a RELAY-REPL', () => {
    const desk = new Desk();
    expect(desk.send(outer).kind).toBe('none');
    expect(desk.send({ ...outer, type: 'RELAY-REPL', message: message({ type: 'SOLICIT' }) }).kind).toBe(
      'none',
    );
  });
});
