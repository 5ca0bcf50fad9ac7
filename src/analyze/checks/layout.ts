/**
 * What one message has to look like, whatever was said before: options that must or must not be there, values and bits
 * that mean something. BNDUPD and BNDREPLY have files of their own.
 */
import { secondsBetween } from '../../base/time.ts';
import type { Message, TreeNode } from '../../dissect/message.ts';
import { MessageType, STATUS_SUCCESS } from '../../dissect/vocabulary.ts';
import { statusIn } from './bindings.ts';
import type { Report, Said } from './finding.ts';
import { Code, missingIn, numberField, numberIn, optionIn, optionName, visitNodes } from './options.ts';
import type { RuleId } from './rules.ts';

/** Of CONNECT (§6.1.1) and of an accepting CONNECTREPLY (§6.1.2). The name of the relationship may be absent. */
const CONNECT_OPTIONS = [
  Code.F_PROTOCOL_VERSION,
  Code.F_MCLT,
  Code.F_KEEPALIVE_TIME,
  Code.F_MAX_UNACKED_BNDUPD,
  Code.F_CONNECT_FLAGS,
];
const STATE_OPTIONS = [Code.F_SERVER_STATE, Code.F_SERVER_FLAGS, Code.F_START_TIME_OF_STATE];

/** Options of which one place has at most one. Those of IAs, addresses, vendors and users may be many. */
const SINGLE: ReadonlySet<number> = new Set([
  Code.CLIENTID,
  Code.STATUS_CODE,
  Code.CLT_TIME,
  Code.LQ_RELAY_DATA,
  Code.VSS,
  Code.LQ_BASE_TIME,
]);
const FIRST_FAILOVER_OPTION = 114;
const LAST_FAILOVER_OPTION = 134;

const FLAGS: ReadonlyMap<number, RuleId> = new Map<number, RuleId>([
  [Code.F_CONNECT_FLAGS, 'connect-flags-mbz'],
  [Code.F_SERVER_FLAGS, 'server-flags-mbz'],
  [Code.F_DNS_FLAGS, 'dns-flags-mbz'],
]);

/** Absolute times, and where they are defined. */
const TIMES: ReadonlyMap<number, string> = new Map<number, string>([
  [Code.F_EXPIRATION_TIME, '5.5.4'],
  [Code.F_PARTNER_LIFETIME, '5.5.7'],
  [Code.F_PARTNER_LIFETIME_SENT, '5.5.8'],
  [Code.F_PARTNER_DOWN_TIME, '5.5.9'],
  [Code.F_PARTNER_RAW_CLT_TIME, '5.5.10'],
  [Code.F_RECONFIGURE_DATA, '5.5.13'],
  [Code.F_START_TIME_OF_STATE, '5.5.17'],
  [Code.F_STATE_EXPIRATION_TIME, '5.5.18'],
]);
/** Of OPTION_AUTH with its header (RFC 8415 §21.11); something shorter is another thing with this number. */
const AUTH_OCTETS_MIN = 15;
const YEAR_SECONDS = 365 * 86_400;
/** No server of RFC 8156 (2017) remembers a time so long ago. */
const LONG_AGO_SECONDS = 16 * YEAR_SECONDS;
/** Numbers that look like an interval rather than like a time. */
const INTERVAL_MAX_SECONDS = 5 * YEAR_SECONDS;

export const ServerState = {
  STARTUP: 1,
  NORMAL: 2,
  COMMUNICATIONS_INTERRUPTED: 3,
  PARTNER_DOWN: 4,
  POTENTIAL_CONFLICT: 5,
  RECOVER: 6,
  RECOVER_WAIT: 7,
  RECOVER_DONE: 8,
  RESOLUTION_INTERRUPTED: 9,
  CONFLICT_DONE: 10,
} as const;

export const ServerFlag = { COMMUNICATED: 1, STARTUP: 2, ACK_STARTUP: 4 } as const;

/** Reports what is wrong with a message by itself. */
export function checkLayout(message: Message, said: Said, report: Report): void {
  const tree = message.tree();
  checkEverywhere(tree, message, said, report);
  switch (said.type) {
    case MessageType.CONNECT:
      checkPresent(tree, CONNECT_OPTIONS, 'connect-option-missing', said, report);
      break;
    case MessageType.CONNECTREPLY:
      if (statusIn(tree) === STATUS_SUCCESS)
        checkPresent(tree, CONNECT_OPTIONS, 'connectreply-option-missing', said, report);
      break;
    case MessageType.STATE:
      checkState(tree, said, report);
      break;
    case MessageType.DISCONNECT:
      if (optionIn(tree, Code.STATUS_CODE) === undefined)
        report('disconnect-no-status', said, 'DISCONNECT without OPTION_STATUS_CODE');
      break;
  }
}

/** Reports options of `codes` that are not in `node`. `where` names the place, if it is not the message. */
export function checkPresent(
  node: TreeNode,
  codes: readonly number[],
  rule: RuleId,
  said: Said,
  report: Report,
  where = '',
  lease?: string,
): boolean {
  const missing = missingIn(node, codes);
  if (missing.length === 0) return true;
  const place = where === '' ? said.name : `${where} of ${said.name}`;
  report(rule, said, `${missing.map(optionName).join(', ')} missing in ${place}`, { lease });
  return false;
}

function checkState(tree: TreeNode, said: Said, report: Report): void {
  if (!checkPresent(tree, STATE_OPTIONS, 'state-option-missing', said, report)) return;
  const state = numberIn(tree, Code.F_SERVER_STATE) ?? 0;
  const flags = numberIn(tree, Code.F_SERVER_FLAGS) ?? 0;
  if (state === ServerState.STARTUP) report('state-startup-sent', said, 'server-state is STARTUP');
  else if (state === 0 || state > ServerState.CONFLICT_DONE)
    report('state-undefined', said, `server-state is ${state}, defined are 2 to 10`);
  // In STARTUP the state is that of an earlier life: nothing says whether its time goes with it.
  const tellsTime = optionIn(tree, Code.F_PARTNER_DOWN_TIME) !== undefined;
  const down = state === ServerState.PARTNER_DOWN;
  if ((flags & ServerFlag.STARTUP) === 0 && down && !tellsTime)
    report('partner-down-time-missing', said, 'STATE of PARTNER-DOWN without OPTION_F_PARTNER_DOWN_TIME');
  if (!down && tellsTime)
    report('partner-down-time-unexpected', said, 'OPTION_F_PARTNER_DOWN_TIME in another state');
  const ahead = secondsBetween(said.sentTime, numberIn(tree, Code.F_START_TIME_OF_STATE) ?? said.sentTime);
  if (ahead > 5) report('state-time-future', said, `START_TIME_OF_STATE is ${ahead} s after the sent-time`);
}

/** What holds for all messages and at all levels. */
function checkEverywhere(tree: TreeNode, message: Message, said: Said, report: Report): void {
  const auth = optionIn(tree, Code.AUTH);
  if (auth !== undefined && auth.end - auth.start >= AUTH_OCTETS_MIN)
    report('authentication-option', said, `${said.name} carries OPTION_AUTH`);
  visitNodes(tree, (node) => checkNode(node, message, said, report));
}

function checkNode(node: TreeNode, message: Message, said: Said, report: Report): void {
  checkRepetition(node, said, report);
  const { code } = node;
  if (code === null || node.kind !== 'option') return;
  const rule = FLAGS.get(code);
  const bits = rule === undefined ? 0 : (numberField(node, 'mbz') ?? 0);
  if (rule !== undefined && bits !== 0)
    report(rule, said, `${optionName(code)} has reserved bits 0x${bits.toString(16)}`);
  const section = TIMES.get(code);
  if (section !== undefined) checkTime(node, section, said, report);
  if (code === Code.F_RELATIONSHIP_NAME) checkName(node, message, said, report);
}

function checkRepetition({ children, name }: TreeNode, said: Said, report: Report): void {
  if (children.length < 2) return;
  const met = new Set<number>();
  for (const { code, kind } of children) {
    if (code === null || kind !== 'option') continue;
    const single = SINGLE.has(code) || (code >= FIRST_FAILOVER_OPTION && code <= LAST_FAILOVER_OPTION);
    if (single && met.has(code)) {
      report('option-repeated', said, `${optionName(code)} stands twice in ${name ?? 'an option'}`);
      return;
    }
    met.add(code);
  }
}

/** An interval where a time belongs looks like a time long ago; 0 says that there is none. */
function checkTime(node: TreeNode, section: string, said: Said, report: Report): void {
  const time = node.fields[0]?.value;
  if (typeof time !== 'number' || time === 0 || node.code === null) return;
  if (time > INTERVAL_MAX_SECONDS || secondsBetween(time, said.sentTime) < LONG_AGO_SECONDS) return;
  const summary = `${optionName(node.code)} is ${time}: an interval? Expected seconds since 2000`;
  report('time-not-absolute', said, summary, { section });
}

function checkName(node: TreeNode, message: Message, said: Said, report: Report): void {
  if (message.frame.bytes[node.end - 1] === 0 && node.end - node.start > 4)
    report('relationship-name-terminated', said, 'relationship-name ends with a NUL');
}
