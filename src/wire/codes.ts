/**
 * Numbers of the registries that our servers use: message types, option codes and status codes. Names are
 * the RFCs' without their common prefix. Nothing here knows a layout; binding-status and server-state values belong to
 * the failover room.
 */

/** RFC 8415 §7.3, RFC 7653 §8.2 (STARTTLS), RFC 8156 §5.3 (24–35). */
export const MessageType = {
  SOLICIT: 1,
  ADVERTISE: 2,
  REQUEST: 3,
  CONFIRM: 4,
  RENEW: 5,
  REBIND: 6,
  REPLY: 7,
  RELEASE: 8,
  DECLINE: 9,
  RECONFIGURE: 10,
  'INFORMATION-REQUEST': 11,
  'RELAY-FORW': 12,
  'RELAY-REPL': 13,
  STARTTLS: 23,
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

/** RFC 8415 §21, RFC 3646, RFC 4649, RFC 4704, RFC 5007 §4.1, RFC 6607 §3.4, RFC 7653 §6.3, RFC 8156 §5.5. */
export const OptionCode = {
  CLIENTID: 1,
  SERVERID: 2,
  IA_NA: 3,
  IA_TA: 4,
  IAADDR: 5,
  ORO: 6,
  PREFERENCE: 7,
  ELAPSED_TIME: 8,
  RELAY_MSG: 9,
  AUTH: 11,
  UNICAST: 12,
  STATUS_CODE: 13,
  RAPID_COMMIT: 14,
  USER_CLASS: 15,
  VENDOR_CLASS: 16,
  VENDOR_OPTS: 17,
  INTERFACE_ID: 18,
  RECONF_MSG: 19,
  RECONF_ACCEPT: 20,
  DNS_SERVERS: 23,
  DOMAIN_LIST: 24,
  IA_PD: 25,
  IAPREFIX: 26,
  INFORMATION_REFRESH_TIME: 32,
  REMOTE_ID: 37,
  CLIENT_FQDN: 39,
  CLIENT_DATA: 45,
  CLT_TIME: 46,
  LQ_RELAY_DATA: 47,
  VSS: 68,
  SOL_MAX_RT: 82,
  INF_MAX_RT: 83,
  LQ_BASE_TIME: 100,
  F_BINDING_STATUS: 114,
  F_CONNECT_FLAGS: 115,
  F_DNS_REMOVAL_INFO: 116,
  F_DNS_HOST_NAME: 117,
  F_DNS_ZONE_NAME: 118,
  F_DNS_FLAGS: 119,
  F_EXPIRATION_TIME: 120,
  F_MAX_UNACKED_BNDUPD: 121,
  F_MCLT: 122,
  F_PARTNER_LIFETIME: 123,
  F_PARTNER_LIFETIME_SENT: 124,
  F_PARTNER_DOWN_TIME: 125,
  F_PARTNER_RAW_CLT_TIME: 126,
  F_PROTOCOL_VERSION: 127,
  F_KEEPALIVE_TIME: 128,
  F_RECONFIGURE_DATA: 129,
  F_RELATIONSHIP_NAME: 130,
  F_SERVER_FLAGS: 131,
  F_SERVER_STATE: 132,
  F_START_TIME_OF_STATE: 133,
  F_STATE_EXPIRATION_TIME: 134,
} as const;

/** RFC 8415 §21.13, RFC 5007 §4.1.3, RFC 5460 §5.3, RFC 7653 §6.4, RFC 8156 §5.6. */
export const StatusCode = {
  Success: 0,
  UnspecFail: 1,
  NoAddrsAvail: 2,
  NoBinding: 3,
  NotOnLink: 4,
  UseMulticast: 5,
  NoPrefixAvail: 6,
  UnknownQueryType: 7,
  MalformedQuery: 8,
  NotConfigured: 9,
  NotAllowed: 10,
  QueryTerminated: 11,
  DataMissing: 12,
  CatchUpComplete: 13,
  NotSupported: 14,
  TLSConnectionRefused: 15,
  AddressInUse: 16,
  ConfigurationConflict: 17,
  MissingBindingInformation: 18,
  OutdatedBindingInformation: 19,
  ServerShuttingDown: 20,
  DNSUpdateNotSupported: 21,
  ExcessiveTimeSkew: 22,
} as const;

const OPTION_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(OptionCode).map(([name, code]) => [code, `OPTION_${name}`]),
);

/** `OPTION_IA_NA`, or the number of a code that our servers don't know. */
export function optionName(code: number): string {
  return OPTION_NAMES.get(code) ?? `${code}`;
}
