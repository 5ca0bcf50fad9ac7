/**
 * The service over two real endpoints: clients that say anything in any order to either server, while the connection
 * comes and goes. Answers stay well-formed, keep to pools and lifetimes, and nobody gets what another client holds.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { parseIpv6, parsePrefix } from '../../src/base/ipv6.ts';
import { Dhcpv6Service } from '../../src/server/service.ts';
import { decodeDhcpv6Message, encodeDhcpv6Message } from '../../src/wire/dhcpv6.ts';
import type { ClientMessageType, ClientServerMessage, Ia } from '../../src/wire/dhcpv6-messages.ts';
import type { IaLease } from '../../src/wire/messages.ts';
import { Pair, type Side } from '../failover/pair.ts';

const VALID = 7200;
const LOCAL = { source: parseIpv6('fe80::1') as Uint8Array, local: parseIpv6('2001:db8::1') as Uint8Array };
const SERVERS: Record<Side, Uint8Array> = {
  primary: Uint8Array.of(0, 3, 0, 1, 2, 0, 0, 0, 0, 1),
  secondary: Uint8Array.of(0, 3, 0, 1, 2, 0, 0, 0, 0, 2),
};

/** What clients name: a few of each pool, of no pool, and of another link. */
const NAMED: readonly IaLease[] = [
  ...['2001:db8::1', '2001:db8::2', '2001:db8::3', '2001:db8::1ff', '2001:db8:0:1::1'].map((text) => ({
    kind: 'address' as const,
    address: parseIpv6(text) as Uint8Array,
    prefixLength: 128,
    preferredLifetime: 0,
    validLifetime: 0,
  })),
  ...['2001:db8:100::/56', '2001:db8:100:100::/56', '2001:db8:200::/56', '::/60'].map((text) => {
    const { address, length } = parsePrefix(text) as { address: Uint8Array; length: number };
    return { kind: 'prefix' as const, address, prefixLength: length, preferredLifetime: 0, validLifetime: 0 };
  }),
];

interface Say {
  readonly kind: 'say';
  readonly to: Side;
  readonly type: ClientMessageType;
  readonly client: number;
  readonly ias: readonly Ia[];
}

type Step =
  | Say
  | { readonly kind: 'pass'; readonly seconds: number }
  | { readonly kind: 'cut' }
  | { readonly kind: 'reach' };

class Town {
  readonly pair = new Pair({ startupSeconds: 1 });
  /** Resource: who got it, and until when it may be used. */
  readonly holds = new Map<string, { readonly client: number; readonly until: number }>();
  private readonly services: Record<Side, Dhcpv6Service>;

  constructor() {
    this.pair.start();
    for (let second = 0; second < 20 && this.pair.states !== 'primary NORMAL, secondary NORMAL'; second++) {
      this.pair.advance(1);
    }
    expect(this.pair.states).toBe('primary NORMAL, secondary NORMAL');
    this.services = { primary: this.service('primary'), secondary: this.service('secondary') };
  }

  step(step: Step): void {
    if (step.kind === 'say') this.say(step);
    else if (step.kind === 'pass') this.pair.advance(step.seconds);
    else {
      this.pair.reachable = step.kind === 'reach';
      if (step.kind === 'cut') this.pair.cut();
    }
  }

  private service(side: Side): Dhcpv6Service {
    const link = {
      prefix: parsePrefix('2001:db8::/64') as { address: Uint8Array; length: number },
      relationship: 0,
      addressPools: [0],
      prefixPools: [{ pool: 1, delegatedLength: 56 }],
      preferredLifetimeSeconds: 3600,
      validLifetimeSeconds: VALID,
    };
    const config = { preference: 0, rapidCommit: true, dnsServers: [], domainList: [], links: [link] };
    const { clients } = this.pair.endpoint(side);
    return new Dhcpv6Service({ ...config, serverId: SERVERS[side] }, () => clients);
  }

  private say({ to, type, client, ias }: Say): void {
    const directed = type === 'REQUEST' || type === 'RENEW' || type === 'RELEASE' || type === 'DECLINE';
    const message: ClientServerMessage = {
      type,
      transactionId: 1,
      clientId: Uint8Array.of(0, 3, 0, 1, 2, 0, 0, 0, 1, client),
      ...(directed ? { serverId: SERVERS[to] } : {}),
      ...(type === 'SOLICIT' && client % 2 === 0 ? { rapidCommit: true } : {}),
      ias: type === 'INFORMATION-REQUEST' ? [] : ias,
    };
    // Who gives back stops using first (RFC 8415 §18.2.7, §18.2.8).
    if (type === 'RELEASE' || type === 'DECLINE')
      this.forget(
        client,
        ias.flatMap(({ leases }) => leases),
      );
    const { pair } = this;
    const result = this.services[to].handle(encodeDhcpv6Message(message), LOCAL, pair.now);
    if (result.kind === 'none') return;
    const replies = pair.replies.length;
    pair.input(to, { kind: 'client', changes: result.changes, reply: 'reply' });
    expect(pair.replies.length).toBe(replies + 1);
    const { message: answer, problems } = decodeDhcpv6Message(result.bytes);
    expect(problems).toEqual([]);
    if (!('ias' in answer)) throw new Error('an answer has IAs');
    if (answer.type === 'ADVERTISE') expect(result.changes).toEqual([]);
    else this.take(client, answer);
  }

  private take(client: number, answer: ClientServerMessage): void {
    const { now } = this.pair;
    for (const { t1, t2, leases } of answer.ias) {
      expect(t1).toBeLessThanOrEqual(t2);
      this.forget(
        client,
        leases.filter(({ validLifetime }) => validLifetime === 0),
      );
      for (const lease of leases.filter(({ validLifetime }) => validLifetime > 0)) {
        expect(lease.validLifetime).toBeLessThanOrEqual(VALID);
        expect(lease.preferredLifetime).toBeLessThanOrEqual(lease.validLifetime);
        expect(t2).toBeLessThanOrEqual(lease.preferredLifetime);
        const held = this.holds.get(keyOf(lease));
        if (held !== undefined && held.until > now)
          expect([keyOf(lease), held.client]).toEqual([keyOf(lease), client]);
        this.holds.set(keyOf(lease), { client, until: now + lease.validLifetime * 1000 });
      }
    }
  }

  private forget(client: number, leases: readonly IaLease[]): void {
    for (const lease of leases) {
      if (this.holds.get(keyOf(lease))?.client === client) this.holds.delete(keyOf(lease));
    }
  }
}

function keyOf({ address, prefixLength }: IaLease): string {
  return `${toHex(address)}/${prefixLength}`;
}

const side = fc.constantFrom<Side>('primary', 'primary', 'secondary');

const ia: fc.Arbitrary<Ia> = fc
  .record({
    kind: fc.constantFrom<Ia['kind']>('IA_NA', 'IA_PD', 'IA_TA'),
    iaid: fc.integer({ min: 1, max: 2 }),
    leases: fc.array(fc.constantFrom(...NAMED), { maxLength: 2 }),
  })
  .map(({ kind, iaid, leases }) => ({
    kind,
    iaid,
    t1: 0,
    t2: 0,
    leases: leases.filter((lease) => (lease.kind === 'prefix') === (kind === 'IA_PD')),
  }));

const say: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('say' as const),
  to: side,
  type: fc.constantFrom<ClientMessageType>(
    'SOLICIT',
    'REQUEST',
    'REQUEST',
    'RENEW',
    'REBIND',
    'REBIND',
    'CONFIRM',
    'RELEASE',
    'DECLINE',
    'INFORMATION-REQUEST',
  ),
  client: fc.integer({ min: 1, max: 4 }),
  ias: fc.array(ia, { minLength: 1, maxLength: 2 }),
});

const steps = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: say },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('pass' as const),
        seconds: fc.constantFrom(1, 30, 600, 3600, 7300),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'cut' } as const) },
    { weight: 1, arbitrary: fc.constant({ kind: 'reach' } as const) },
  ),
  { minLength: 10, maxLength: 40 },
);

describe('the service over two endpoints', () => {
  it('never gives one client what another one holds', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const town = new Town();
        for (const step of list) town.step(step);
      }),
      { numRuns: 60 },
    );
  });
});
