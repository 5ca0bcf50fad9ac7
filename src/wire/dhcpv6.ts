/**
 * DHCPv6 datagrams between clients, relay agents and servers (RFC 8415 §8, §9, §21; RFC 9915 keeps the formats) as
 * octets. Like failover.ts it refuses nothing: whether a message is valid (§16) is for the service to say.
 */
import type { Problem } from '../base/problem.ts';
import { type Codec, clientFqdn, type Draft, OptionTable, octets, status, u8, u16, u32 } from './codec.ts';
import { MessageType, OptionCode } from './codes.ts';
import type { ClientServerMessage, Dhcpv6Message, RelayEnvelope, RelayMessage } from './dhcpv6-messages.ts';
import { domainNames } from './domain-names.ts';
import { iaAddress, iaPrefix, identityAssociations, type MakeLease } from './ia.ts';
import type { IaLease, UnknownMessage } from './messages.ts';
import { copyOf, Reader } from './reader.ts';
import { Writer } from './writer.ts';

export interface DecodedDhcpv6 {
  readonly message: Dhcpv6Message | UnknownMessage;
  /** Empty for a message that has the form which the RFC gives it. */
  readonly problems: readonly Problem[];
}

/** Relay agents around a message: HOP_COUNT_LIMIT (RFC 8415 §7.6) of them forward it, the last one to a server. */
export const RELAY_NESTING_MAX = 9;

/** An option that says all by being there (§21.14, §21.20). */
const flag: Codec<true> = { size: 0, open: false, read: () => true, write: () => undefined };

/** OPTION_ORO, §21.7. */
const optionCodes: Codec<readonly number[]> = {
  size: 0,
  open: true,
  read(reader) {
    if (reader.left % 2 !== 0) return undefined;
    const codes: number[] = [];
    while (reader.left > 0) codes.push(reader.u16());
    return codes;
  },
  write(writer, codes) {
    for (const code of codes) writer.u16(code);
  },
};

const addresses: Codec<readonly Uint8Array[]> = {
  size: 0,
  open: true,
  read(reader) {
    if (reader.left % 16 !== 0) return undefined;
    const list: Uint8Array[] = [];
    while (reader.left > 0) list.push(reader.take(16));
    return list;
  },
  write(writer, list) {
    for (const address of list) writer.octets(address);
  },
};

const leaseOptions = new OptionTable<IaLease>().one(OptionCode.STATUS_CODE, 'status', status);
const makeLease: MakeLease<IaLease> = (kind, address, prefixLength, preferredLifetime, validLifetime) => ({
  kind,
  address,
  prefixLength,
  preferredLifetime,
  validLifetime,
});
const ia = identityAssociations(iaAddress(leaseOptions, makeLease), iaPrefix(leaseOptions, makeLease));

const clientServerOptions = new OptionTable<ClientServerMessage>()
  .one(OptionCode.CLIENTID, 'clientId', octets, (message) => message.clientId)
  .one(OptionCode.SERVERID, 'serverId', octets, (message) => message.serverId)
  .one(OptionCode.PREFERENCE, 'preference', u8, (message) => message.preference)
  .one(OptionCode.STATUS_CODE, 'status', status, (message) => message.status)
  .one(OptionCode.RAPID_COMMIT, 'rapidCommit', flag, (message) => message.rapidCommit)
  .one(OptionCode.RECONF_ACCEPT, 'reconfigureAccept', flag, (message) => message.reconfigureAccept)
  .one(OptionCode.ELAPSED_TIME, 'elapsedTime', u16, (message) => message.elapsedTime)
  .one(OptionCode.ORO, 'requestedOptions', optionCodes, (message) => message.requestedOptions)
  .many(OptionCode.IA_NA, 'ias', ia.IA_NA, ({ kind }) => kind === 'IA_NA')
  .many(OptionCode.IA_TA, 'ias', ia.IA_TA, ({ kind }) => kind === 'IA_TA')
  .many(OptionCode.IA_PD, 'ias', ia.IA_PD, ({ kind }) => kind === 'IA_PD')
  .one(OptionCode.DNS_SERVERS, 'dnsServers', addresses, (message) => message.dnsServers)
  .one(OptionCode.DOMAIN_LIST, 'domainList', domainNames, (message) => message.domainList)
  .one(OptionCode.CLIENT_FQDN, 'clientFqdn', clientFqdn, (message) => message.clientFqdn)
  .one(
    OptionCode.INFORMATION_REFRESH_TIME,
    'informationRefreshTime',
    u32,
    (message) => message.informationRefreshTime,
  )
  .one(OptionCode.SOL_MAX_RT, 'solMaxRt', u32, (message) => message.solMaxRt)
  .one(OptionCode.INF_MAX_RT, 'infMaxRt', u32, (message) => message.infMaxRt);

/** OPTION_RELAY_MSG, §21.10. */
const relayedMessage: Codec<Dhcpv6Message | UnknownMessage> = {
  size: 1,
  open: true,
  read(reader) {
    let depth = 0;
    for (const code of reader.path) if (code === OptionCode.RELAY_MSG) depth++;
    return depth > RELAY_NESTING_MAX ? undefined : readMessage(reader);
  },
  write(writer, message) {
    if (message.type === 'unknown') writer.octets(message.bytes);
    else writeDhcpv6Message(writer, message);
  },
};

const relayOptions = new OptionTable<RelayMessage>()
  .one(OptionCode.INTERFACE_ID, 'interfaceId', octets, (relay) => relay.interfaceId)
  .one(OptionCode.REMOTE_ID, 'remoteId', octets, (relay) => relay.remoteId)
  .one(OptionCode.RELAY_PORT, 'relayPort', u16, (relay) => relay.relayPort)
  .one(OptionCode.RELAY_MSG, 'message', relayedMessage, (relay) => relay.message);

const envelopeOptions = new OptionTable<RelayEnvelope>()
  .one(OptionCode.INTERFACE_ID, 'interfaceId', octets)
  .one(OptionCode.REMOTE_ID, 'remoteId', octets)
  .one(OptionCode.RELAY_PORT, 'relayPort', u16)
  .one(OptionCode.RELAY_MSG, 'relayed', octets);

const CLIENT_SERVER_HEADER = 4;
const RELAY_HEADER = 34;

const TYPES = [
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
  'RELAY-FORW',
  'RELAY-REPL',
] as const satisfies readonly Dhcpv6Message['type'][];

const typeByCode: (Dhcpv6Message['type'] | undefined)[] = [];
for (const type of TYPES) typeByCode[MessageType[type]] = type;

const reader = new Reader();

/** Reads the datagram at `bytes[start, end)`. Never throws. */
export function decodeDhcpv6Message(bytes: Uint8Array, start = 0, end = bytes.length): DecodedDhcpv6 {
  reader.open(bytes, start, end);
  const message = readMessage(reader);
  return { message, problems: reader.problems };
}

/** Writes `message`. */
export function writeDhcpv6Message(writer: Writer, message: Dhcpv6Message): void {
  if (isRelay(message)) {
    writeRelayHeader(writer, message);
    relayOptions.write(writer, message);
  } else {
    writer.u8(MessageType[message.type]);
    writer.u24(message.transactionId);
    clientServerOptions.write(writer, message);
  }
}

/** Reads a relay message and leaves what it carries as it is; `undefined` for anything else. Never throws. */
export function openRelayMessage(bytes: Uint8Array): RelayEnvelope | undefined {
  reader.open(bytes, 0, bytes.length);
  const type = bytes.length >= RELAY_HEADER ? typeByCode[bytes[0] as number] : undefined;
  if (type !== 'RELAY-FORW' && type !== 'RELAY-REPL') return undefined;
  const envelope: Draft<RelayEnvelope> = readRelayHeader(reader, type);
  envelopeOptions.read(reader, envelope);
  return envelope;
}

/** Writes a relay message around octets that need not be a message that we know. */
export function encodeRelayEnvelope(envelope: RelayEnvelope): Uint8Array {
  scratch.discard();
  writeRelayHeader(scratch, envelope);
  envelopeOptions.write(scratch, envelope);
  return scratch.take();
}

const scratch = new Writer();

/** The octets of `message`; see Writer.take for how long to keep them. */
export function encodeDhcpv6Message(message: Dhcpv6Message): Uint8Array {
  scratch.discard();
  writeDhcpv6Message(scratch, message);
  return scratch.take();
}

export function isRelay(message: Dhcpv6Message | UnknownMessage): message is RelayMessage {
  return message.type === 'RELAY-FORW' || message.type === 'RELAY-REPL';
}

/** Reads the window as one message. */
function readMessage(reader: Reader): Dhcpv6Message | UnknownMessage {
  const start = reader.at;
  const { bytes, left } = reader;
  const type = left > 0 ? typeByCode[bytes[start] as number] : undefined;
  const relay = type === 'RELAY-FORW' || type === 'RELAY-REPL';
  const needed = relay ? RELAY_HEADER : CLIENT_SERVER_HEADER;
  if (type === undefined || left < needed) {
    if (left < needed)
      reader.report('message-too-short', `${left} octets, the header has ${needed}`, 'RFC 8415 §8');
    else reader.report('unknown-message-type', `message type ${bytes[start]} is not known`, 'RFC 8415 §7.3');
    reader.at = reader.end;
    return {
      type: 'unknown',
      msgType: left > 0 ? (bytes[start] as number) : 0,
      bytes: copyOf(bytes, start, reader.end),
    };
  }
  if (relay) {
    const message: Draft<RelayMessage> = readRelayHeader(reader, type);
    relayOptions.read(reader, message);
    return message;
  }
  reader.at++;
  const message: Draft<ClientServerMessage> = {
    type,
    transactionId: reader.u24(),
    ias: [],
  } as Draft<ClientServerMessage>;
  clientServerOptions.read(reader, message);
  return message;
}

type RelayHeader = Pick<RelayMessage, 'type' | 'hopCount' | 'linkAddress' | 'peerAddress'>;

function readRelayHeader(reader: Reader, type: RelayHeader['type']): RelayHeader {
  reader.at++;
  return { type, hopCount: reader.u8(), linkAddress: reader.take(16), peerAddress: reader.take(16) };
}

function writeRelayHeader(writer: Writer, header: RelayHeader): void {
  writer.u8(MessageType[header.type]);
  writer.u8(header.hopCount);
  writer.octets(header.linkAddress);
  writer.octets(header.peerAddress);
}
