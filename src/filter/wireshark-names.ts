/**
 * Names that engineers know from Wireshark and that mean here what they mean there: `ip.addr`, `tcp.port`,
 * `frame.number`, `dhcpv6.msgtype`. What would mean something else is told apart, not taken.
 */
import type { SocketAddress } from '../base/socket-address.ts';
import type { Message } from '../dissect/message.ts';
import type { FilterField, Value } from './fields.ts';

/** Another name of a field of ours. */
export const SAME: Readonly<Record<string, string>> = {
  'frame.number': 'frame',
  'frame.time': 'time',
  'frame.time-epoch': 'time',
  'dhcpv6.duid.bytes': 'duid',
  'dhcpv6.status-msg': 'status-message',
  'dhcpv6.iaid.t1': 't1',
  'dhcpv6.iaid.t2': 't2',
  'dhcpv6.option-preference': 'pref-value',
  'dhcpv6.search-list-entry': 'searchlist',
  'dhcpv6.lifetime': 'information-refresh-time',
  'dhcpv6.aftr-name': 'tunnel-endpoint-name',
  'dhcpv6.remoteid-enterprise-id': 'remote-id',
  'dhcpv6.lq-query': 'query-type',
  'dhcpv6.clt-time': 'client-last-transaction-time',
};

/** A field where it stands in one option, or in the headers of messages, those inside relay messages, too. */
export interface Within {
  readonly field: string;
  readonly where: string;
}

const inHeader = (field: string): Within => ({ field, where: 'message' });
const inOption = (where: string, field: string): Within => ({ field, where: `OPTION_${where}` });

/** Names that tell apart what has one name in several options. */
export const WITHIN: Readonly<Record<string, Within>> = {
  'dhcpv6.msgtype': inHeader('msg-type'),
  'dhcpv6.xid': inHeader('transaction-id'),
  'dhcpv6.hopcount': inHeader('hop-count'),
  'dhcpv6.linkaddr': inHeader('link-address'),
  'dhcpv6.peeraddr': inHeader('peer-address'),
  'dhcpv6.iaaddr.ip': inOption('IAADDR', 'IPv6-address'),
  'dhcpv6.iaaddr.pref-lifetime': inOption('IAADDR', 'preferred-lifetime'),
  'dhcpv6.iaaddr.valid-lifetime': inOption('IAADDR', 'valid-lifetime'),
  'dhcpv6.iaprefix.pref-addr': inOption('IAPREFIX', 'IPv6-prefix'),
  'dhcpv6.iaprefix.pref-len': inOption('IAPREFIX', 'prefix-length'),
  'dhcpv6.iaprefix.pref-lifetime': inOption('IAPREFIX', 'preferred-lifetime'),
  'dhcpv6.iaprefix.valid-lifetime': inOption('IAPREFIX', 'valid-lifetime'),
  'dhcpv6.unicast': inOption('UNICAST', 'server-address'),
  'dhcpv6.dns-server': inOption('DNS_SERVERS', 'DNS-recursive-name-server'),
  'dhcpv6.client-domain': inOption('CLIENT_FQDN', 'domain-name'),
  'dhcpv6.remoteid.enterprise': inOption('REMOTE_ID', 'enterprise-number'),
  'dhcpv6.vendorclass.enterprise': inOption('VENDOR_CLASS', 'enterprise-number'),
  'dhcpv6.vendoropts.enterprise': inOption('VENDOR_OPTS', 'enterprise-number'),
  'dhcpv6.reconf-msg': inOption('RECONF_MSG', 'msg-type'),
  'dhcpv6.lq-query-link-address': inOption('LQ_QUERY', 'link-address'),
  'dhcpv6.lq-relay-data-peer-addr': inOption('LQ_RELAY_DATA', 'peer-address'),
  'dhcpv6.lq-client-link': inOption('LQ_CLIENT_LINK', 'link-address'),
};

/** Wireshark's names for what is something else here, and what to write instead. */
export const INSTEAD: Readonly<Record<string, string>> = {
  'tcp.stream': 'it counts all connections of a capture, conn those that carry messages',
  'udp.stream': 'it counts all conversations of a capture, conn those that carry messages',
  'frame.len': 'it is of a packet; size is that of the message',
  'udp.length': 'it is of a datagram; size is that of the message',
  'tcp.len': 'it is of a segment; size is that of the message',
  'dhcpv6.option.type': "write the option's name, e.g. OPTION_IA_NA",
  'dhcpv6.option.length': 'len is of values, e.g. len(duid) > 10',
  'frame.time-relative': 'write a time, e.g. time >= 2024-03-05T09:00:00Z',
  'frame.time-delta': 'rtt is the time from a request to its reply',
};

/** Ends of the message's flow: [sender, receiver]. */
function endsOf({ frame }: Message): readonly [SocketAddress, SocketAddress] {
  const [opener, other] = frame.connection.flow.ends;
  return frame.direction === 0 ? [opener, other] : [other, opener];
}

type Ends = (message: Message) => readonly SocketAddress[];
const SENDER: Ends = (message) => endsOf(message).slice(0, 1);
const RECEIVER: Ends = (message) => endsOf(message).slice(1);
const BOTH: Ends = endsOf;

const isIpv6 = (address: string): boolean => address.includes(':');

function addressField(name: string, ends: Ends, family?: 'ip' | 'ipv6'): FilterField {
  const help = `${name.endsWith('addr') ? 'addresses of sender and receiver' : 'address of one of them'}`;
  const fits = (address: string): boolean => family === undefined || isIpv6(address) === (family === 'ipv6');
  return {
    name,
    kind: 'address',
    help,
    read: (message) =>
      ends(message)
        .map(({ address }) => address)
        .filter(fits),
  };
}

function portField(name: string, ends: Ends, transport?: 'tcp' | 'udp'): FilterField {
  return {
    name,
    kind: 'number',
    help: name.endsWith('.port') || name === 'port' ? 'ports of sender and receiver' : 'port of one of them',
    read: (message): readonly Value[] =>
      transport === undefined || message.frame.connection.flow.transport === transport
        ? ends(message).map(({ port }) => port)
        : [],
  };
}

/** A protocol below ours: its name alone asks whether it carried the message. */
function carrierField(name: string, carried: (message: Message) => boolean): FilterField {
  return {
    name,
    kind: 'text',
    help: `carried by ${name}`,
    read: (message) => (carried(message) ? [name] : []),
  };
}

const FAMILIES = ['ip', 'ipv6'] as const;
const TRANSPORTS = ['tcp', 'udp'] as const;

/** Addresses and ports of both ends, in Wireshark's words. */
export const ENDS: readonly FilterField[] = [
  addressField('addr', BOTH),
  portField('port', BOTH),
  ...FAMILIES.flatMap((family) => [
    addressField(`${family}.addr`, BOTH, family),
    addressField(`${family}.src`, SENDER, family),
    addressField(`${family}.dst`, RECEIVER, family),
    carrierField(family, (message) => isIpv6(endsOf(message)[0].address) === (family === 'ipv6')),
  ]),
  ...TRANSPORTS.flatMap((transport) => [
    portField(`${transport}.port`, BOTH, transport),
    portField(`${transport}.srcport`, SENDER, transport),
    portField(`${transport}.dstport`, RECEIVER, transport),
    carrierField(transport, (message) => message.frame.connection.flow.transport === transport),
  ]),
];
