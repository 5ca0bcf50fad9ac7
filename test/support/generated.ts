/** Generators of messages as our servers, clients and relay agents may send them, with rare values made common. */
import fc from 'fast-check';
import type { ClientServerMessage, RelayMessage } from '../../src/wire/dhcpv6-messages.ts';
import type {
  ClientData,
  FailoverMessage,
  IaLease,
  IdentityAssociation,
  LeaseInfo,
  RawOption,
  Status,
} from '../../src/wire/messages.ts';

const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.oneof(fc.constantFrom(0, 1, 0x7fff, 0x8000, 0xffff), fc.integer({ min: 0, max: 0xffff }));
const u24 = fc.oneof(fc.constantFrom(0, 0x7fffff, 0x800000, 0xffffff), fc.integer({ min: 0, max: 0xffffff }));
const u32 = fc.oneof(
  fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xffffffff),
  fc.integer({ min: 0, max: 0xffffffff }),
);
const octets = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
const address = fc.oneof(octets(16, 16), fc.constant(new Uint8Array(16)));
/** No control characters: what dissectors do with those is theirs. */
const text = fc.string({ unit: 'grapheme', maxLength: 80 });
const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/);
const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => `${labels.join('.')}.`);
const duid = fc.oneof(
  octets(6, 6).map((mac) => Uint8Array.of(0, 3, 0, 1, ...mac)),
  octets(10, 10).map((rest) => Uint8Array.of(0, 1, 0, 1, ...rest)),
  octets(5, 20).map((rest) => Uint8Array.of(0, 2, ...rest)),
  octets(16, 16).map((uuid) => Uint8Array.of(0, 4, ...uuid)),
);

/** Each field there or not. */
function some<T>(fields: { [K in keyof T]: fc.Arbitrary<NonNullable<T[K]>> }): fc.Arbitrary<Partial<T>> {
  return fc.record(fields, { requiredKeys: [] }) as unknown as fc.Arbitrary<Partial<T>>;
}

function both<A, B>(a: fc.Arbitrary<A>, b: fc.Arbitrary<B>): fc.Arbitrary<A & B> {
  return fc.tuple(a, b).map(([left, right]) => ({ ...left, ...right }));
}

const status: fc.Arbitrary<Status> = fc.record({ code: u16, message: text });
/** Codes that nobody has defined. */
const raw: fc.Arbitrary<RawOption> = fc.record({
  code: fc.integer({ min: 40_000, max: 65_535 }),
  bytes: octets(0, 30),
});
const extra = fc.array(raw, { minLength: 1, maxLength: 3 });

const vss = fc.oneof(
  octets(0, 12)
    .map(ascii)
    .map((vpn) => Uint8Array.of(0, ...vpn)),
  fc.constant(Uint8Array.of(255)),
);

function ascii(bytes: Uint8Array): Uint8Array {
  return bytes.map((octet) => 0x61 + (octet % 26));
}

const clientFqdn = fc.tuple(fc.integer({ min: 0, max: 7 }), name).map(([flags, fqdn]) => {
  const labels = fqdn.split('.').slice(0, -1);
  return Uint8Array.of(
    flags,
    ...labels.flatMap((each) => [each.length, ...new TextEncoder().encode(each)]),
    0,
  );
});

function leases<T extends IaLease>(kind: T['kind'], more: fc.Arbitrary<Partial<T>>): fc.Arbitrary<T> {
  const prefixLength = kind === 'address' ? fc.constant(128) : fc.integer({ min: 0, max: 128 });
  const fixed = fc.record({
    kind: fc.constant(kind),
    address: kind === 'address' ? address : prefixes,
    prefixLength,
    preferredLifetime: u32,
    validLifetime: u32,
  });
  return both(fixed, more).map((lease) => withoutHostBits(lease as unknown as T));
}

const prefixes = octets(16, 16);

/** A prefix has no bits set behind its length (RFC 8415 §21.22). */
function withoutHostBits<T extends IaLease>(lease: T): T {
  const clean = lease.address.map((octet, index) => {
    const kept = Math.min(8, Math.max(0, lease.prefixLength - 8 * index));
    return octet & (0xff00 >> kept) & 0xff;
  });
  return lease.kind === 'address' ? lease : { ...lease, address: clean };
}

const told = some<LeaseInfo>({
  status,
  bindingStatus: fc.integer({ min: 1, max: 8 }),
  startTimeOfState: u32,
  stateExpirationTime: u32,
  cltTime: u32,
  partnerLifetime: u32,
  partnerLifetimeSent: u32,
  partnerRawCltTime: u32,
  expirationTime: u32,
  clientFqdn,
  extra,
} as never);

function associations<T extends IaLease>(
  more: fc.Arbitrary<Partial<T>>,
): fc.Arbitrary<IdentityAssociation<T>> {
  const ia = (kind: 'IA_NA' | 'IA_TA' | 'IA_PD', lease: fc.Arbitrary<T>) =>
    both(
      fc.record({
        kind: fc.constant(kind),
        iaid: u32,
        t1: kind === 'IA_TA' ? fc.constant(0) : u32,
        t2: kind === 'IA_TA' ? fc.constant(0) : u32,
        leases: fc.array(lease, { maxLength: 3 }),
      }),
      some<{ status: Status; extra: RawOption[] }>({ status, extra }),
    ) as fc.Arbitrary<IdentityAssociation<T>>;
  return fc.oneof(
    ia('IA_NA', leases('address', more)),
    ia('IA_TA', leases('address', more)),
    ia('IA_PD', leases('prefix', more)),
  );
}

const clientData = both(
  fc.record({ ias: fc.array(associations<LeaseInfo>(told), { maxLength: 3 }) }),
  some<ClientData>({
    clientId: duid,
    baseTime: u32,
    vss,
    reconfigureData: fc.record({ time: u32, key: octets(0, 16) }),
    relayData: fc.record({
      peerAddress: address,
      message: fc.constant(Uint8Array.of(12, ...new Array(33).fill(0))),
    }),
    status,
    extra,
  } as never),
);

const header = { transactionId: u24, sentTime: u32 };

const connectOptions = {
  protocolVersion: fc.record({ major: u16, minor: u16 }),
  mclt: u32,
  keepaliveTime: u32,
  maxUnackedBndupd: u32,
  connectFlags: fc.constantFrom(0, 1),
  relationshipName: text,
  extra,
};

export const failoverMessages = fc.oneof(
  both(fc.record({ type: fc.constant('CONNECT' as const), ...header }), some(connectOptions)),
  both(
    fc.record({ type: fc.constant('CONNECTREPLY' as const), ...header }),
    some({ ...connectOptions, status }),
  ),
  both(
    fc.record({ type: fc.constant('STATE' as const), ...header }),
    some({
      serverState: fc.integer({ min: 1, max: 10 }),
      serverFlags: fc.integer({ min: 0, max: 7 }),
      startTimeOfState: u32,
      partnerDownTime: u32,
      extra,
    }),
  ),
  both(
    fc.record({
      type: fc.constantFrom('POOLREQ', 'POOLRESP', 'UPDREQ', 'UPDREQALL', 'UPDDONE', 'DISCONNECT', 'CONTACT'),
      ...header,
    }),
    some({ status, extra }),
  ),
  both(
    fc.record({ type: fc.constantFrom('BNDUPD', 'BNDREPLY'), ...header }),
    some({
      clientData,
      prefixLease: leases('prefix', both(told, some<LeaseInfo>({ baseTime: u32, vss } as never))),
      status,
      extra,
    }),
  ),
  both(
    fc.record({ type: fc.constantFrom('STARTTLS', 'REPLY'), transactionId: u24 }),
    some({ status, extra }),
  ),
) as unknown as fc.Arbitrary<FailoverMessage>;

export const clientServerMessages = both(
  fc.record({
    type: fc.constantFrom(
      'SOLICIT',
      'ADVERTISE',
      'REQUEST',
      'CONFIRM',
      'RENEW',
      'REBIND',
      'REPLY',
      'RELEASE',
      'DECLINE',
      'RECONFIGURE',
      'INFORMATION-REQUEST',
    ),
    transactionId: u24,
    ias: fc.array(associations<IaLease>(some<IaLease>({ status, extra } as never)), { maxLength: 3 }),
  }),
  some({
    clientId: duid,
    serverId: duid,
    requestedOptions: fc.array(u16, { minLength: 1, maxLength: 5 }),
    preference: u8,
    elapsedTime: u16,
    status,
    rapidCommit: fc.constant(true),
    reconfigureAccept: fc.constant(true),
    dnsServers: fc.array(address, { minLength: 1, maxLength: 3 }),
    domainList: fc.array(name, { minLength: 1, maxLength: 3 }),
    clientFqdn,
    informationRefreshTime: u32,
    solMaxRt: u32,
    infMaxRt: u32,
    extra,
  }),
) as unknown as fc.Arbitrary<ClientServerMessage>;

/** Up to three deep. */
export const relayMessages = fc.letrec((tie) => ({
  relay: both(
    fc.record({
      type: fc.constantFrom('RELAY-FORW', 'RELAY-REPL'),
      hopCount: u8,
      linkAddress: address,
      peerAddress: address,
    }),
    some({
      interfaceId: octets(1, 12),
      remoteId: octets(5, 12),
      relayPort: u16,
      message: fc.oneof({ maxDepth: 3 }, clientServerMessages, tie('relay')),
      extra,
    } as never),
  ),
})).relay as unknown as fc.Arbitrary<RelayMessage>;
