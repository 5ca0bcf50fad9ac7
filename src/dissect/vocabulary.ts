/**
 * The handful of numbers that the analyzer itself reasons about. Names for people come from here too, so that a line of
 * text needs no tree; a test holds them against the dissectors' YAML. Everything else is named by the dissectors alone.
 */

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

/** The name of a server-state, or `state 11` for a number that RFC 8156 does not define. */
export function stateName(state: number): string {
  return (state === 0 ? undefined : SERVER_STATES[state]) ?? `state ${state}`;
}

/** The name of a binding-status, or `binding-status 9`. */
export function bindingStatusName(status: number): string {
  return (status === 0 ? undefined : BINDING_STATUSES[status]) ?? `binding-status ${status}`;
}

/** The name of a status-code, or `status 99`. */
export function statusName(code: number): string {
  return STATUS_CODES[code] ?? `status ${code}`;
}
