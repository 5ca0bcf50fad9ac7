/**
 * The rules of RFC 8156 that a listener can judge, each once: where it stands and what it asks. How a breach is seen is
 * in the files beside this one. What the RFC leaves open, or what needs more than the wire shows, is no rule here.
 */
import type { Breach } from '../../dissect/annotations.ts';

export type Keyword = 'MUST' | 'MUST NOT' | 'SHOULD' | 'SHOULD NOT';

export interface Rule {
  /** RFC 8156, unless said. */
  readonly rfc: string;
  /** Without `§`. */
  readonly section: string;
  /** `null` where the text commands without a capital word. */
  readonly keyword: Keyword | null;
  /** What the rule asks, in our words. */
  readonly asks: string;
}

function rule(section: string, keyword: Keyword | null, asks: string, rfc = 'RFC 8156'): Rule {
  return { rfc, section, keyword, asks };
}

const OPENING = {
  'first-message-not-connect': rule('6.1', 'MUST', 'a connection begins with CONNECT'),
  'connect-from-secondary': rule('6.1', 'MUST', 'CONNECT goes over a connection that its sender has opened'),
  'connect-repeated': rule('6.1', null, 'a connection has one CONNECT'),
  'connect-option-missing': rule('6.1.1', 'MUST', 'CONNECT tells version, MCLT, keepalive, window and flags'),
  'message-before-connectreply': rule('6.1', null, 'nothing is said before CONNECTREPLY has accepted'),
  'connectreply-option-missing': rule(
    '6.1.2',
    null,
    'an accepting CONNECTREPLY tells version, MCLT, keepalive, window and flags',
  ),
  'connectreply-mclt': rule('6.1.2', 'MUST', 'the MCLT of CONNECTREPLY is that of CONNECT'),
  'connectreply-from-primary': rule('5.3.9', null, 'CONNECTREPLY comes from the secondary'),
  'connect-skew-accepted': rule('6.1.2', null, 'CONNECT is rejected if the clocks are over 5 seconds apart'),
  'connect-no-reply': rule('6.1.2', 'SHOULD', 'CONNECT is answered'),
  'primary-state-not-sent': rule('6.1.3', 'MUST', 'the primary sends STATE once it is accepted'),
  'secondary-state-not-sent': rule('6.1.2', 'MUST', 'the secondary sends STATE once it has accepted'),
  'message-after-rejection': rule('6.1', null, 'a rejected connection carries nothing but DISCONNECT'),
  'message-after-disconnect': rule('5.3.10', null, 'DISCONNECT is the last message of its sender'),
  'disconnect-no-status': rule('5.3.10', 'SHOULD', 'DISCONNECT tells its reason in a status'),
  'keepalive-silence': rule(
    '5.3.12',
    'MUST',
    'a server is never silent for the keepalive time of its partner',
  ),
  'skew-tolerated': rule('7.5.1', 'SHOULD', 'the connection is dropped if clocks are over 5 seconds apart'),
} as const;

const EXCHANGES = {
  'reply-to-nothing': rule('5.4', null, 'a reply has the transaction-id of the message that it answers'),
  'bndreply-transaction-id': rule('7.6', 'MUST', 'BNDREPLY has the transaction-id of its BNDUPD'),
  'bndupd-no-reply': rule('7.6', 'MUST', 'every BNDUPD is answered'),
  'poolreq-no-reply': rule('5.3.3', null, 'the primary answers POOLREQ'),
  'poolreq-from-primary': rule('5.3.3', null, 'POOLREQ comes from the secondary'),
  'poolresp-from-secondary': rule('5.3.4', null, 'POOLRESP comes from the primary'),
  'transaction-id-reused': rule('5.4', 'MUST', 'a transaction-id is unique among outstanding messages'),
  'primary-window-exceeded': rule('6.1.3', null, 'no more BNDUPDs wait than the secondary takes'),
  'secondary-window-exceeded': rule('6.1.2', null, 'no more BNDUPDs wait than the primary takes'),
  'upddone-early': rule('5.3.7', null, 'UPDDONE comes when all that was asked for was sent and acknowledged'),
  'updreqall-missing': rule('8.5.2', 'MUST', 'who lost its storage asks with UPDREQALL'),
  'updreq-no-reply': rule('5.3.5', null, 'a request for updates is answered with UPDDONE'),
  'updreq-missing': rule('8.5', 'MUST', 'a server in RECOVER asks for what it lacks'),
  'updreq-secondary-early': rule('8.10', null, 'the secondary asks once the primary is in CONFLICT-DONE'),
} as const;

const STATES = {
  'state-option-missing': rule('6.3', 'MUST', 'STATE tells state, flags and start time'),
  'partner-down-time-missing': rule('6.3', 'MUST', 'in PARTNER-DOWN, STATE tells since when'),
  'partner-down-time-unexpected': rule('6.3', null, 'PARTNER_DOWN_TIME is sent in PARTNER-DOWN alone'),
  'state-undefined': rule('5.5.16', null, 'server-state has a defined value'),
  'state-startup-sent': rule('5.5.16', null, 'STARTUP is told by its flag and never as the state'),
  'state-time-changed': rule('6.3', 'MUST', 'START_TIME_OF_STATE is when the state began'),
  'state-time-future': rule('5.5.17', null, 'a state does not begin in the future'),
  'startup-flag-returns': rule('8.3.2', null, 'STARTUP ends when communications are OK'),
  'ack-startup-unfounded': rule('5.5.15', null, 'ACK_STARTUP repeats a STARTUP that was received'),
  'communicated-flag-lost': rule('5.5.15', null, 'COMMUNICATED stays once the servers have communicated'),
  'transition-partner-down': rule('8.4.2', null, 'the ways out of PARTNER-DOWN'),
  'transition-recover': rule('8.5.2', null, 'the ways out of RECOVER'),
  'transition-recover-wait': rule('8.6.2', null, 'the ways out of RECOVER-WAIT'),
  'recover-wait-short': rule('8.6.2', 'MUST', 'RECOVER-WAIT lasts until the MCLT after the failure or start'),
  'transition-recover-done': rule('8.7.2', null, 'the ways out of RECOVER-DONE'),
  'transition-normal': rule('8.8.2', null, 'the ways out of NORMAL'),
  'transition-communications-interrupted': rule('8.9.2', null, 'the ways out of COMMUNICATIONS-INTERRUPTED'),
  'transition-potential-conflict': rule('8.10.2', 'MUST', 'the ways out of POTENTIAL-CONFLICT'),
  'transition-resolution-interrupted': rule('8.11.2', null, 'the ways out of RESOLUTION-INTERRUPTED'),
  'transition-conflict-done': rule('8.12.2', null, 'the ways out of CONFLICT-DONE'),
  'conflict-done-secondary': rule('8.12', null, 'CONFLICT-DONE is a state of the primary'),
  'recover-without-upddone': rule('8.5.2', null, 'RECOVER ends when UPDDONE was received'),
  'conflict-without-upddone': rule('8.10.2', 'MUST', 'POTENTIAL-CONFLICT ends when UPDDONE was received'),
} as const;

const UPDATES = {
  'bndupd-content': rule('7.5.3', 'MUST', 'BNDUPD has one CLIENT_DATA or one IAPREFIX'),
  'bndupd-option-missing': rule('7.4', 'MUST', 'BNDUPD has all that §7.4 lists'),
  'active-without-client': rule('7.2', 'MUST', 'an ACTIVE lease names its client'),
  'client-missing': rule('7.2', 'SHOULD', 'an EXPIRED or RELEASED lease names its client'),
  'partner-raw-clt-time-adjusted': rule(
    '7.3',
    'MUST NOT',
    'PARTNER_RAW_CLT_TIME is what the partner said, unchanged',
  ),
  'expiration-time-early': rule('5.5.4', null, 'EXPIRATION_TIME is what was acknowledged to the partner'),
  'bndupd-time-unexpected': rule('7.4', 'MUST NOT', 'times of a timeout are absent where there is none'),
  'vss-of-default-vpn': rule('7.4', 'MUST NOT', 'VSS is absent for the global, default VPN'),
  'clt-time-not-client': rule('7.4', 'MUST NOT', 'CLT_TIME is when the client was heard, not the expiry'),
  'base-time-future': rule('7.4', 'MUST', 'LQ_BASE_TIME is when the information was put in'),
  'binding-status-undefined': rule('5.5.1', null, 'binding-status has a defined value'),
  'binding-transition': rule('7.2', null, 'binding-status changes as figure 2 shows'),
  'reallocated-unacknowledged': rule(
    '8.8.1',
    null,
    'a lease goes to another client after BNDREPLY for its release',
  ),
  'allocation-parity': rule(
    '4.2.1.1',
    'MUST',
    'the primary allocates odd addresses, the secondary even ones',
  ),
  'prefix-of-secondary': rule('4.2.2', 'MUST NOT', 'the primary delegates no prefix that is FREE-BACKUP'),
  'prefix-of-primary': rule('4.2.2', null, 'the secondary delegates prefixes that are FREE-BACKUP only'),
  'prefix-taken': rule(
    '4.2.2',
    null,
    'the primary, not the secondary, moves prefixes from FREE to FREE-BACKUP',
  ),
  'lifetime-beyond-mclt': rule(
    '4.4',
    'MUST NOT',
    'a lease ends within the MCLT after what the partner acknowledged, or now',
  ),
  'lease-too-short': rule('1', 'MUST NOT', 'new leases are not shorter than 30 seconds'),
  'lease-while-unresponsive': rule('8', 'MUST NOT', 'no client is served in an unresponsive state'),
  'preferred-beyond-valid': rule(
    '21.6',
    null,
    'the preferred lifetime is not beyond the valid one',
    'RFC 8415',
  ),
  't1-beyond-t2': rule('21.4', null, 'T1 is not beyond T2', 'RFC 8415'),
} as const;

const REPLIES = {
  'bndreply-container': rule('7.6', 'MUST', 'BNDREPLY has the container that its BNDUPD had'),
  'bndreply-option-missing': rule('7.6', 'MUST', 'BNDREPLY has all that §7.6 lists'),
  'bndreply-client-differs': rule('7.6', 'MUST', 'BNDREPLY names the client of its BNDUPD'),
  'bndreply-lease-differs': rule('7.6', 'MUST', 'BNDREPLY is about the leases of its BNDUPD'),
  'bndreply-status-differs': rule('7.6', 'MUST', 'BNDREPLY repeats the binding-status'),
  'bndreply-expiration-differs': rule('7.6', 'MUST', 'BNDREPLY repeats the state-expiration-time'),
  'partner-lifetime-sent-differs': rule(
    '5.5.8',
    null,
    'PARTNER_LIFETIME_SENT is what was received, unchanged',
  ),
  'success-without-message': rule('7.6', 'SHOULD NOT', 'a Success status is there for its message alone'),
} as const;

const OPTIONS = {
  malformed: rule('5.2', null, 'messages and options have the layout that is defined'),
  'authentication-option': rule('10', 'MUST NOT', 'DHCPv6 authentication does not secure failover'),
  'option-repeated': rule('21', null, 'an option stands once in its place', 'RFC 8415'),
  'connect-flags-mbz': rule('5.5.2', null, 'undefined connect flags are zero'),
  'dns-flags-mbz': rule('5.5.3.3', null, 'undefined DNS flags are zero'),
  'server-flags-mbz': rule('5.5.15', null, 'undefined server flags are zero'),
  'relationship-name-terminated': rule('5.5.14', 'MUST NOT', 'the relationship name has no NUL at its end'),
  'relationship-name-utf8': rule('5.5.14', null, 'the relationship name is UTF-8'),
  'time-not-absolute': rule('5.5', 'MUST', 'times of failover are seconds since 2000, no intervals'),
} as const;

export const RULES = { ...OPENING, ...EXCHANGES, ...STATES, ...UPDATES, ...REPLIES, ...OPTIONS };

export type RuleId = keyof typeof RULES;

export const RULE_IDS = Object.keys(RULES) as readonly RuleId[];

export function severityOf(keyword: Keyword | null): Breach['severity'] {
  return keyword === 'SHOULD' || keyword === 'SHOULD NOT' ? 'warning' : 'error';
}

/** A breach of a rule as seen; where that was not kept, what the rule asks. */
export function breachOf(id: RuleId, seen?: Pick<Breach, 'section' | 'summary'>): Breach {
  const { rfc, keyword, section, asks }: Rule = RULES[id];
  return {
    id,
    severity: severityOf(keyword),
    rfc,
    section: seen?.section ?? section,
    keyword,
    summary: seen?.summary ?? `the rule: ${asks}`,
  };
}

/**
 * Rules whose breach may be feigned by a message of the partner that the capture lost. That is known only when the partner
 * speaks again: a finding waits for it.
 */
export const NEEDS_BOTH_SIDES: ReadonlySet<RuleId> = new Set<RuleId>([
  'first-message-not-connect',
  'message-before-connectreply',
  'keepalive-silence',
  'reply-to-nothing',
  'bndreply-transaction-id',
  'transaction-id-reused',
  'primary-window-exceeded',
  'secondary-window-exceeded',
  'upddone-early',
  'updreq-secondary-early',
  'updreq-missing',
  'ack-startup-unfounded',
  'transition-partner-down',
  'transition-recover',
  'transition-recover-done',
  'transition-communications-interrupted',
  'transition-conflict-done',
  'recover-without-upddone',
  'conflict-without-upddone',
  'binding-transition',
  'reallocated-unacknowledged',
  'allocation-parity',
  'prefix-of-secondary',
  'prefix-of-primary',
  'prefix-taken',
  'lifetime-beyond-mclt',
  'partner-raw-clt-time-adjusted',
]);
