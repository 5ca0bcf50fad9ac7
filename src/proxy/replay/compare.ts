/**
 * Whether a live message means the same as a captured one: type, status, announced state, and what it says about each
 * lease. Times, transaction-ids and messages for people may differ.
 */

import type { Message } from '../../dissect/message.ts';
import type { Facts, LeaseFacts } from '../../dissect/message-facts.ts';
import { bindingStatusName, STATUS_SUCCESS, stateName, statusName } from '../../dissect/vocabulary.ts';

/** Clauses such as `captured: accept; now: OutdatedBindingInformation`; none if both mean the same. */
export function differences(captured: Message, live: Message): string[] {
  const [before, now] = [captured.facts(), live.facts()];
  const found: string[] = [];
  const compare = (what: string, a: string, b: string): void => {
    if (a !== b) found.push(`${what}captured: ${a}; now: ${b}`);
  };
  compare('', verdict(before), verdict(now));
  compare('state ', state(before), state(now));
  compare('MCLT ', `${before.mclt ?? 'none'}`, `${now.mclt ?? 'none'}`);
  const leases = new Map(now.leases.map((lease) => [lease.text, lease]));
  for (const lease of before.leases) {
    const other = leases.get(lease.text);
    if (other === undefined) found.push(`${lease.text} captured; now: not named`);
    else compare(`${lease.text} `, binding(lease), binding(other));
    leases.delete(lease.text);
  }
  for (const text of leases.keys()) found.push(`${text} not captured; now: named`);
  return found;
}

/** What tells apart the messages of a type that wait to be answered: the leases that they are about. */
export function subjectOf(message: Message): string {
  const { leases } = message.facts();
  return leases.map(({ text }) => text).join(' ');
}

function verdict({ statusCode }: Facts): string {
  return statusCode === undefined || statusCode === STATUS_SUCCESS ? 'accept' : statusName(statusCode);
}

function state({ serverState }: Facts): string {
  return serverState === undefined ? 'none' : stateName(serverState);
}

function binding({ bindingStatus, statusCode }: LeaseFacts): string {
  const status = bindingStatus === undefined ? 'no binding-status' : bindingStatusName(bindingStatus);
  return statusCode === undefined || statusCode === STATUS_SUCCESS
    ? status
    : `${status}, ${statusName(statusCode)}`;
}
