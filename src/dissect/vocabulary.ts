/**
 * The handful of numbers that the analyzer itself reasons about. Names for people come from here too, so that a line of
 * text needs no tree; a test holds them against the dissectors' YAML. Everything else is named by the dissectors alone.
 */

import type { ProtocolName } from '../base/frame.ts';
import type { Message } from './message.ts';

/** Message types of RFC 8156 §5.3. */
export const MessageType = {
  BNDUPD: 24,
  BNDREPLY: 25,
  POOLREQ: 26,
  POOLRESP: 27,
  UPDREQ: 28,
  UPDREQALL: 29,
  UPDDONE: 30,
  CONNECT: 31,
  CONNECTREPLY: 32,
  DISCONNECT: 33,
  STATE: 34,
  CONTACT: 35,
} as const;

/** server-state (RFC 8156 §5.5.16). */
const SERVER_STATES = [
  'reserved',
  'STARTUP',
  'NORMAL',
  'COMMUNICATIONS-INTERRUPTED',
  'PARTNER-DOWN',
  'POTENTIAL-CONFLICT',
  'RECOVER',
  'RECOVER-WAIT',
  'RECOVER-DONE',
  'RESOLUTION-INTERRUPTED',
  'CONFLICT-DONE',
] as const;

/** binding-status (RFC 8156 §5.5.1). */
const BINDING_STATUSES = [
  'reserved',
  'ACTIVE',
  'EXPIRED',
  'RELEASED',
  'PENDING-FREE',
  'FREE',
  'FREE-BACKUP',
  'ABANDONED',
  'RESET',
] as const;

/** status-code: RFC 8415 §21.13, RFC 5007 §4.1.3, RFC 5460 §5.3, RFC 7653 §6, RFC 8156 §5.6. */
const STATUS_CODES = [
  'Success',
  'UnspecFail',
  'NoAddrsAvail',
  'NoBinding',
  'NotOnLink',
  'UseMulticast',
  'NoPrefixAvail',
  'UnknownQueryType',
  'MalformedQuery',
  'NotConfigured',
  'NotAllowed',
  'QueryTerminated',
  'DataMissing',
  'CatchUpComplete',
  'NotSupported',
  'TLSConnectionRefused',
  'AddressInUse',
  'ConfigurationConflict',
  'MissingBindingInformation',
  'OutdatedBindingInformation',
  'ServerShuttingDown',
  'DNSUpdateNotSupported',
  'ExcessiveTimeSkew',
] as const;

export const STATUS_SUCCESS = 0;

/** server-state of DHCPv4 failover (draft-ietf-dhc-failover-12 §12.24, and 254 of ISC dhcpd). */
const V4_SERVER_STATES: readonly string[] = [
  'reserved',
  'STARTUP',
  'NORMAL',
  'COMMUNICATIONS-INTERRUPTED',
  'PARTNER-DOWN',
  'POTENTIAL-CONFLICT',
  'RECOVER',
  'PAUSED',
  'SHUTDOWN',
  'RECOVER-DONE',
  'RESOLUTION-INTERRUPTED',
  'CONFLICT-DONE',
];
const V4_RECOVER_WAIT = 254;

/** binding-status of DHCPv4 failover (§12.3). */
const V4_BINDING_STATUSES: readonly string[] = [
  'reserved',
  'FREE',
  'ACTIVE',
  'EXPIRED',
  'RELEASED',
  'ABANDONED',
  'RESET',
  'BACKUP',
];

/** reject-reason of DHCPv4 failover (§12.21). */
const V4_REJECT_REASONS: readonly (string | undefined)[] = [
  undefined,
  'Illegal IP address',
  'Fatal conflict exists',
  'Missing binding information',
  'Connection rejected, time mismatch too great',
  'Connection rejected, invalid MCLT',
  'Connection rejected, unknown reason',
  'Connection rejected, duplicate connection',
  'Connection rejected, invalid failover partner',
  'TLS not supported',
  'TLS supported but not configured',
  'TLS required but not supported by partner',
  'Message digest not supported',
  'Message digest not configured',
  'Protocol version mismatch',
  'Outdated binding information',
  'Less critical binding information',
  'No traffic within sufficient time',
  'Hash bucket assignment conflict',
  'IP not reserved on this server',
  'Message digest failed to compare',
  'Missing message digest',
];

/** By message type of DHCPv4 failover (§6.1): the type of RFC 8156 that means the same. */
const V4_MEANINGS: readonly (number | undefined)[] = [
  undefined,
  MessageType.POOLREQ,
  MessageType.POOLRESP,
  MessageType.BNDUPD,
  MessageType.BNDREPLY,
  MessageType.CONNECT,
  MessageType.CONNECTREPLY,
  MessageType.UPDREQALL,
  MessageType.UPDDONE,
  MessageType.UPDREQ,
  MessageType.STATE,
  MessageType.CONTACT,
  MessageType.DISCONNECT,
];

/** No type of a failover message. */
export const NO_MEANING = -1;

/** What a message of either failover protocol means, as the type of RFC 8156; `NO_MEANING` for other protocols. */
export function failoverType({ protocol, standardType }: Pick<Message, 'protocol' | 'standardType'>): number {
  if (protocol === 'dhcpv6-failover') return standardType;
  return protocol === 'dhcpv4-failover' ? (V4_MEANINGS[standardType] ?? NO_MEANING) : NO_MEANING;
}

/**
 * Added to numbers of a dialect that mean nothing which the standard has a number for, so that they are not taken for
 * others. All of them are states of the drafts for DHCPv4.
 */
export const OWN_NUMBERS = 256;

/** The name of a server-state, or `state 11` for a number that is not defined. */
export function stateName(state: number, protocol: ProtocolName = 'dhcpv6-failover'): string {
  if (state >= OWN_NUMBERS) return stateName(state - OWN_NUMBERS, 'dhcpv4-failover');
  if (protocol === 'dhcpv4-failover' && state === V4_RECOVER_WAIT) return 'RECOVER-WAIT';
  const names = protocol === 'dhcpv4-failover' ? V4_SERVER_STATES : SERVER_STATES;
  return (state === 0 ? undefined : names[state]) ?? `state ${state}`;
}

/** The name of a binding-status, or `binding-status 9`. */
export function bindingStatusName(status: number, protocol: ProtocolName = 'dhcpv6-failover'): string {
  const names = protocol === 'dhcpv4-failover' ? V4_BINDING_STATUSES : BINDING_STATUSES;
  return (status === 0 ? undefined : names[status]) ?? `binding-status ${status}`;
}

/** The name of a status-code, or `status 99`. A reject-reason of DHCPv4 failover is known by its number; its words follow. */
export function statusName(code: number, protocol: ProtocolName = 'dhcpv6-failover'): string {
  if (protocol !== 'dhcpv4-failover') return STATUS_CODES[code] ?? `status ${code}`;
  const words = V4_REJECT_REASONS[code];
  return words === undefined ? `reject-reason ${code}` : `reject-reason ${code} (${words})`;
}
