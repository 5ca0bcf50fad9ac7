/** Which messages of clients a server takes up (RFC 8415 §16), and the bounds on what one may ask for. */
import { equalBytes } from '../base/bytes.ts';
import type { ClientMessageType, ClientServerMessage } from '../wire/dhcpv6-messages.ts';

/** Octets of a DUID with its type (RFC 8415 §11.1). */
const DUID_MIN = 3;
const DUID_MAX = 130;
const IAS_PER_MESSAGE_MAX = 16;
const LEASES_PER_IA_MAX = 16;

type Presence = 'must' | 'may' | 'never';

interface Rule {
  readonly clientId: Presence;
  readonly serverId: Presence;
  /** Whether it may hold IAs. */
  readonly ias: boolean;
  readonly section: string;
}

const RULES: Readonly<Record<ClientMessageType, Rule>> = {
  SOLICIT: { clientId: 'must', serverId: 'never', ias: true, section: '§16.2' },
  REQUEST: { clientId: 'must', serverId: 'must', ias: true, section: '§16.4' },
  CONFIRM: { clientId: 'must', serverId: 'never', ias: true, section: '§16.5' },
  RENEW: { clientId: 'must', serverId: 'must', ias: true, section: '§16.6' },
  REBIND: { clientId: 'must', serverId: 'never', ias: true, section: '§16.7' },
  DECLINE: { clientId: 'must', serverId: 'must', ias: true, section: '§16.8' },
  RELEASE: { clientId: 'must', serverId: 'must', ias: true, section: '§16.9' },
  'INFORMATION-REQUEST': { clientId: 'may', serverId: 'may', ias: false, section: '§16.12' },
};

/** A message that a client may send to servers. */
export type ClientMessage = ClientServerMessage & { readonly type: ClientMessageType };

export function isFromClient(message: ClientServerMessage): message is ClientMessage {
  return message.type in RULES;
}

/** `undefined` if the message is to be taken up, else why it is discarded. */
export function reasonToDiscard(message: ClientMessage, serverId: Uint8Array): string | undefined {
  const { type } = message;
  const rule = RULES[type];
  const where = `RFC 8415 ${rule.section}`;
  if (rule.clientId === 'must' && message.clientId === undefined)
    return `${type} without client id (${where})`;
  if (rule.serverId === 'must' && message.serverId === undefined)
    return `${type} without server id (${where})`;
  if (rule.serverId === 'never' && message.serverId !== undefined)
    return `${type} with a server id (${where})`;
  if (message.serverId !== undefined && !equalBytes(message.serverId, serverId)) {
    return `${type} for another server (${where})`;
  }
  if (!rule.ias && message.ias.length > 0) return `${type} with an IA (${where})`;
  const duidLength = message.clientId?.length ?? DUID_MIN;
  if (duidLength < DUID_MIN || duidLength > DUID_MAX)
    return `a DUID of ${duidLength} octets (RFC 8415 §11.1)`;
  return undefined;
}

/** Says which of our bounds a valid message goes beyond, if any: it is answered with UnspecFail (§16). */
export function excessOf({ ias }: ClientMessage): string | undefined {
  if (ias.length > IAS_PER_MESSAGE_MAX) return `more than ${IAS_PER_MESSAGE_MAX} IAs in one message`;
  if (ias.some(({ leases }) => leases.length > LEASES_PER_IA_MAX)) {
    return `more than ${LEASES_PER_IA_MAX} leases in one IA`;
  }
  return undefined;
}
