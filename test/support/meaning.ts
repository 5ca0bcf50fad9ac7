/**
 * What a message says, in one form for both readings: of src/wire's values, and of the JSON that dissectors (and the
 * expectations of the sample captures) give. Order of options is left out, because src/wire does not keep it. What
 * src/wire keeps as octets is compared by code and length.
 */
import { toHex } from '../../src/base/bytes.ts';
import { formatIpv6 } from '../../src/base/ipv6.ts';
import { MessageType } from '../../src/wire/codes.ts';
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

type Value = Readonly<Record<string, unknown>>;

export interface Meaning {
  readonly code: number;
  readonly value?: Value;
  readonly options?: readonly Meaning[];
  /** Of an option that src/wire does not read. */
  readonly length?: number;
}

/** Options that src/wire reads at a place, and the places inside them; `*`: any number of them. */
type Place = Readonly<Record<number, true | '*' | { readonly many: boolean; readonly inside: () => Place }>>;

const LEASE: Place = Object.fromEntries(
  [13, 68, 100, 114, 133, 134, 46, 123, 124, 126, 120, 39].map((code) => [code, true]),
);
const CLIENT_LEASE: Place = { 13: true };
const ia = (lease: Place): Place => ({
  13: true,
  5: { many: true, inside: () => lease },
  26: { many: true, inside: () => lease },
});
const ias = (lease: Place): Place =>
  Object.fromEntries([3, 4, 25].map((code) => [code, { many: true, inside: () => ia(lease) }]));
const CLIENT_DATA: Place = { 13: true, 1: true, 100: true, 68: true, 129: true, 47: true, ...ias(LEASE) };
const BINDING: Place = {
  13: true,
  45: { many: false, inside: () => CLIENT_DATA },
  26: { many: false, inside: () => LEASE },
};
const CONNECT = places(13, 127, 122, 128, 121, 130, 115);
const CLIENT_SERVER: Place = {
  ...places(1, 2, 7, 13, 14, 20, 8, 6, 23, 24, 39, 32, 82, 83),
  ...ias(CLIENT_LEASE),
};
const RELAY = places(18, 37, 135, 9);

function places(...codes: number[]): Place {
  return Object.fromEntries(codes.map((code) => [code, true]));
}

/** The place of the options of a message type; on a failover connection 7 is the REPLY to STARTTLS. */
export function placeOf(msgType: number, failover: boolean): Place {
  if (msgType === MessageType.BNDUPD || msgType === MessageType.BNDREPLY) return BINDING;
  if (msgType === MessageType.CONNECT || msgType === MessageType.CONNECTREPLY) return CONNECT;
  if (msgType === MessageType.STATE) return places(132, 131, 133, 125);
  if (msgType === 12 || msgType === 13) return RELAY;
  return failover ? places(13) : CLIENT_SERVER;
}

/** An option as JSON has it. */
export interface JsonOption {
  readonly code: number;
  readonly len: number;
  readonly value?: Value;
  readonly options?: readonly JsonOption[];
}

export function meaningOfJson(options: readonly JsonOption[], place: Place): Meaning[] {
  const seen = new Set<number>();
  return sorted(
    options.map(({ code, len, value = {}, options: inner = [] }) => {
      const known = place[code];
      const many = typeof known === 'object' && known.many;
      if (known === undefined || (!many && seen.has(code))) return { code, length: len };
      seen.add(code);
      if (typeof known === 'object') {
        return { code, value: essence(code, value), options: meaningOfJson(inner, known.inside()) };
      }
      return { code, value: essence(code, value) };
    }),
  );
}

/** A value without what only explains it: names of numbers, parts of a DUID, second forms of octets. */
function essence(code: number, value: Value): Value {
  const keep: Readonly<Record<number, readonly string[]>> = {
    1: ['DUID'],
    2: ['DUID'],
    9: ['DHCP-relay-message'],
    47: ['peer-address', 'DHCP-relay-message'],
    68: ['type', 'VSS-information'],
  };
  const fields = keep[code];
  return Object.fromEntries(
    Object.entries(value).filter(([name]) =>
      fields === undefined
        ? !/-names?$|^mbz$/.test(name) || /^(relationship|host|domain)-name$/.test(name)
        : fields.includes(name),
    ),
  );
}

export function meaningOfFailover(message: FailoverMessage): Meaning[] {
  const found: (Meaning | undefined)[] = [...raw(message.extra)];
  if ('status' in message) found.push(status(message.status));
  if (message.type === 'CONNECT' || message.type === 'CONNECTREPLY') {
    const { protocolVersion: version } = message;
    found.push(
      version && { code: 127, value: { 'major-version': version.major, 'minor-version': version.minor } },
      one(122, 'mclt', message.mclt),
      one(128, 'keepalive-time', message.keepaliveTime),
      one(121, 'max-unacked-bndupd', message.maxUnackedBndupd),
      one(130, 'relationship-name', message.relationshipName),
      one(115, 'flags', message.connectFlags),
    );
  } else if (message.type === 'STATE') {
    found.push(
      one(132, 'server-state', message.serverState),
      one(131, 'server-flags', message.serverFlags),
      one(133, 'start-time-of-state', message.startTimeOfState),
      one(125, 'partner-down-time', message.partnerDownTime),
    );
  } else if (message.type === 'BNDUPD' || message.type === 'BNDREPLY') {
    const { clientData: client, prefixLease } = message;
    found.push(client && { code: 45, value: {}, options: meaningOfClient(client) });
    found.push(prefixLease && meaningOfLease(prefixLease));
  }
  return sorted(found);
}

export function meaningOfDhcpv6(message: ClientServerMessage): Meaning[] {
  return sorted([
    ...raw(message.extra),
    one(1, 'DUID', hex(message.clientId)),
    one(2, 'DUID', hex(message.serverId)),
    one(7, 'pref-value', message.preference),
    status(message.status),
    message.rapidCommit && { code: 14, value: {} },
    message.reconfigureAccept && { code: 20, value: {} },
    one(8, 'elapsed-time', message.elapsedTime),
    one(6, 'requested-option-code', message.requestedOptions),
    one(
      23,
      'DNS-recursive-name-server',
      message.dnsServers?.map((address) => formatIpv6(address)),
    ),
    one(24, 'searchlist', message.domainList),
    fqdn(message.clientFqdn),
    one(32, 'information-refresh-time', message.informationRefreshTime),
    one(82, 'SOL_MAX_RT-value', message.solMaxRt),
    one(83, 'INF_MAX_RT-value', message.infMaxRt),
    ...message.ias.map(meaningOfIa),
  ]);
}

/** `relayed`: the octets of the message inside. */
export function meaningOfRelay(message: RelayMessage, relayed: Uint8Array | undefined): Meaning[] {
  const { remoteId } = message;
  return sorted([
    ...raw(message.extra),
    one(18, 'interface-id', hex(message.interfaceId)),
    remoteId && {
      code: 37,
      value: {
        'enterprise-number': Number.parseInt(toHex(remoteId, 0, 4), 16),
        'remote-id': toHex(remoteId, 4),
      },
    },
    one(135, 'downstream-source-port', message.relayPort),
    one(9, 'DHCP-relay-message', hex(relayed)),
  ]);
}

function meaningOfClient(client: ClientData): Meaning[] {
  const { reconfigureData: key, relayData: relay } = client;
  return sorted([
    ...raw(client.extra),
    status(client.status),
    one(1, 'DUID', hex(client.clientId)),
    one(100, 'base-time', client.baseTime),
    vss(client.vss),
    key && { code: 129, value: { 'reconfigure-time': key.time, 'reconfigure-key': toHex(key.key) } },
    relay && {
      code: 47,
      value: { 'peer-address': formatIpv6(relay.peerAddress), 'DHCP-relay-message': toHex(relay.message) },
    },
    ...client.ias.map(meaningOfIa),
  ]);
}

function meaningOfIa(association: IdentityAssociation<IaLease>): Meaning {
  const { kind, iaid, t1, t2, leases, extra } = association;
  const value = kind === 'IA_TA' ? { IAID: iaid } : { IAID: iaid, T1: t1, T2: t2 };
  const options = sorted([...raw(extra), status(association.status), ...leases.map(meaningOfLease)]);
  return { code: { IA_NA: 3, IA_TA: 4, IA_PD: 25 }[kind], value, options };
}

function meaningOfLease(lease: IaLease & Partial<LeaseInfo>): Meaning {
  const { kind, address, prefixLength, preferredLifetime, validLifetime } = lease;
  const lifetimes = { 'preferred-lifetime': preferredLifetime, 'valid-lifetime': validLifetime };
  const options = sorted([
    ...raw(lease.extra),
    status(lease.status),
    vss(lease.vss),
    one(100, 'base-time', lease.baseTime),
    one(114, 'binding-status', lease.bindingStatus),
    one(133, 'start-time-of-state', lease.startTimeOfState),
    one(134, 'state-expiration-time', lease.stateExpirationTime),
    one(46, 'client-last-transaction-time', lease.cltTime),
    one(123, 'partner-lifetime', lease.partnerLifetime),
    one(124, 'partner-lifetime-sent', lease.partnerLifetimeSent),
    one(126, 'partner-raw-clt-time', lease.partnerRawCltTime),
    one(120, 'expiration-time', lease.expirationTime),
    fqdn(lease.clientFqdn),
  ]);
  const text = formatIpv6(address);
  return kind === 'address'
    ? { code: 5, value: { 'IPv6-address': text, ...lifetimes }, options }
    : { code: 26, value: { ...lifetimes, 'prefix-length': prefixLength, 'IPv6-prefix': text }, options };
}

function one(code: number, name: string, value: unknown): Meaning | undefined {
  return value === undefined ? undefined : { code, value: { [name]: value } };
}

function status(value: Status | undefined): Meaning | undefined {
  return value && { code: 13, value: { 'status-code': value.code, 'status-message': value.message } };
}

function vss(bytes: Uint8Array | undefined): Meaning | undefined {
  return bytes && { code: 68, value: { type: bytes[0], 'VSS-information': toHex(bytes, 1) } };
}

/** RFC 4704 §4: flags and one name, which may be partial. */
function fqdn(bytes: Uint8Array | undefined): Meaning | undefined {
  if (bytes === undefined) return undefined;
  let name = '';
  let at = 1;
  while (at < bytes.length && bytes[at] !== 0) {
    const end = at + 1 + (bytes[at] as number);
    name += `${name === '' ? '' : '.'}${String.fromCharCode(...bytes.subarray(at + 1, end))}`;
    at = end;
  }
  return { code: 39, value: { flags: bytes[0], 'domain-name': at < bytes.length ? `${name}.` : name } };
}

function raw(extra: readonly RawOption[] = []): Meaning[] {
  return extra.map(({ code, bytes }) => ({ code, length: bytes.length }));
}

function hex(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : toHex(bytes);
}

function sorted(found: readonly (Meaning | undefined)[]): Meaning[] {
  const key = ({ code, value, length, options }: Meaning): string =>
    `${code} ${length} ${JSON.stringify(value, Object.keys(value ?? {}).sort())} ${JSON.stringify(options)}`;
  return found
    .filter((meaning) => meaning !== undefined)
    .map((meaning) => [key(meaning), meaning] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, meaning]) => meaning);
}
