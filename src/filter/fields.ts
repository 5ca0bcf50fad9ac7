/**
 * What a filter can ask a message for: the computed names of this file, and every field of the dissectors' YAML. A
 * reader of the header or of the facts builds no tree; only a YAML field does, once a message.
 */
import { RULE_IDS } from '../analyze/checks/rules.ts';
import { opposite } from '../base/flow.ts';
import { timestampMillis, timestampText } from '../base/timestamp.ts';
import { type Annotations, REPEATED, UNANSWERED } from '../dissect/annotations.ts';
import type { Message } from '../dissect/message.ts';
import { directionName } from '../dissect/roles.ts';
import {
  bindingStatusName,
  failoverType,
  MessageType,
  STATUS_SUCCESS,
  stateName,
  statusName,
} from '../dissect/vocabulary.ts';

import { FINDINGS_OF_ITS_OWN, findingsOf, skewOf } from './own-findings.ts';

export type Value = number | string;

/**
 * How values are compared. `name`: words of a closed list, and their numbers; `seconds`: a duration; `time-2000`,
 * `time-1970`, `unix-time`: a point in time, counted from 2000 or from 1970, or with fraction from 1970.
 */
export type ValueKind =
  | 'number'
  | 'name'
  | 'text'
  | 'address'
  | 'bytes'
  | 'seconds'
  | 'time-2000'
  | 'time-1970'
  | 'unix-time';

export interface FilterField {
  readonly name: string;
  readonly kind: ValueKind;
  readonly help: string;
  /** Every value that the message has under this name. */
  read(message: Message, context: Annotations): readonly Value[];
  /** What must be known of other messages: those before it, those after it, too, or all that RFC 8156 says of them. */
  readonly needs?: 'earlier' | 'later' | 'checks';
  /** Whether there is one, where that is found sooner than the values. */
  has?(message: Message): boolean;
  /** What is printed, where the value cannot hold all digits. */
  print?(message: Message): string;
  /** For words: lower-case name to the numbers that it stands for. */
  readonly words?: ReadonlyMap<string, readonly number[]>;
}

const NONE: readonly Value[] = [];
const maybe = (value: Value | null | undefined): readonly Value[] =>
  value === null || value === undefined ? NONE : [value];

const end = (message: Message, which: 'sender' | 'receiver') =>
  message.frame.connection.flow.ends[
    which === 'sender' ? message.frame.direction : opposite(message.frame.direction)
  ];

/** The computed fields. `type` and those of the message names are completed in names.ts. */
export const COMPUTED: readonly FilterField[] = [
  {
    name: 'type',
    kind: 'name',
    help: 'message type by name or number',
    read: (m) => (m.msgName === null ? [m.msgType] : [m.msgName, m.msgType]),
  },
  { name: 'xid', kind: 'number', help: 'transaction-id', read: (m) => maybe(m.transactionId) },
  { name: 'sent-time', kind: 'time-2000', help: 'sent-time of the header', read: (m) => maybe(m.sentTime) },
  { name: 'size', kind: 'number', help: 'octets of the message', read: (m) => [m.size] },
  { name: 'index', kind: 'number', help: 'number of the message, from 0', read: (m) => [m.index] },
  { name: 'frame', kind: 'number', help: 'number of the packet, from 1', read: (m) => [m.frame.seen.packet] },
  {
    name: 'time',
    kind: 'unix-time',
    help: 'when it was seen: 2024-03-05T09:00:00Z or Unix seconds',
    read: (m) => [Math.round(timestampMillis(m.frame.seen.time) * 1000) / 1e6],
    print: (m) => timestampText(m.frame.seen.time),
  },
  {
    name: 'conn',
    kind: 'number',
    help: 'number of the connection, from 0',
    read: (m) => [m.frame.connection.index],
  },
  {
    name: 'relationship',
    kind: 'text',
    help: 'name of the relationship, where a proxy serves several',
    read: (m) => maybe(m.frame.connection.relationship),
  },
  { name: 'dir', kind: 'name', help: 'p>s, s>p, c>s or s>c', read: (m) => [directionName(m)] },
  { name: 'protocol', kind: 'name', help: 'dhcpv6-failover, dhcpv6 and so on', read: (m) => [m.protocol] },
  {
    name: 'dialect',
    kind: 'text',
    help: 'how the speakers differ from the standard: isc, microsoft and so on',
    read: (m) => maybe(m.frame.connection.dialect),
  },
  { name: 'src', kind: 'address', help: 'address of the sender', read: (m) => [end(m, 'sender').address] },
  {
    name: 'dst',
    kind: 'address',
    help: 'address of the receiver',
    read: (m) => [end(m, 'receiver').address],
  },
  { name: 'src-port', kind: 'number', help: 'port of the sender', read: (m) => [end(m, 'sender').port] },
  { name: 'dst-port', kind: 'number', help: 'port of the receiver', read: (m) => [end(m, 'receiver').port] },
  {
    name: 'lease',
    kind: 'address',
    help: 'every address and prefix that the message is about',
    read: (m) => m.facts().leases.map((lease) => lease.text),
  },
  {
    name: 'client',
    kind: 'bytes',
    help: 'DUID of every client that the message is about, in hex',
    read: (m) => {
      const facts = m.facts();
      const clients = facts.leases.flatMap((lease) => lease.client ?? []);
      return clients.length > 0 ? clients : maybe(facts.client);
    },
  },
  { name: 'status', kind: 'name', help: 'status codes and binding statuses, by name', read: statusesOf },
  {
    name: 'state',
    kind: 'name',
    help: 'server-state of a STATE message',
    read: (m) => {
      const { serverState } = m.facts();
      return serverState === undefined ? NONE : [stateName(serverState, m.protocol), serverState];
    },
  },
  {
    name: 'skew',
    kind: 'seconds',
    help: 'sent-time minus the time at which it was seen',
    read: (m) => maybe(skewOf(m)),
  },
  {
    name: 'rtt',
    kind: 'seconds',
    help: 'time from the request to this reply',
    needs: 'earlier',
    read: (_m, { rttMillis }) =>
      maybe(rttMillis === undefined ? undefined : Math.round(rttMillis * 1000) / 1e6),
  },
  {
    name: 'reply-in',
    kind: 'number',
    help: 'number of the message that answers this one',
    needs: 'later',
    read: (_m, context) => maybe(context.replyIn),
  },
  {
    name: 'reply-to',
    kind: 'number',
    help: 'number of the message that this one answers',
    needs: 'earlier',
    read: (_m, context) => maybe(context.replyTo),
  },
  {
    name: 'finding',
    kind: 'name',
    help: 'malformed, rejected (a reply that refuses), skewed (sent-time more than 5 s off), repeated (a request that asks again), unanswered (for 5 s), and the rules of docs/checks.md',
    needs: 'checks',
    read: findingsOf,
    words: new Map([...FINDINGS_OF_ITS_OWN, REPEATED, UNANSWERED, ...RULE_IDS].map((name) => [name, []])),
  },
  {
    name: 'tls',
    kind: 'text',
    help: 'version of TLS that was taken off, e.g. TLSv1.3',
    read: (m) => maybe(m.frame.tls),
  },
  {
    name: 'problem',
    kind: 'text',
    help: 'codes of what could not be read',
    read: (m) => m.problems().map((problem) => problem.code),
  },
];

/**
 * A reply without a status code says Success (RFC 8415 §21.13); a message that is no reply and has none says nothing.
 */
function statusesOf(message: Message): readonly Value[] {
  const facts = message.facts();
  const values: Value[] = [];
  const add = (code: number | undefined): void => {
    if (code !== undefined && !values.includes(code)) values.push(code, statusName(code, message.protocol));
  };
  add(facts.statusCode);
  for (const lease of facts.leases) {
    add(lease.statusCode);
    if (lease.bindingStatus !== undefined)
      values.push(bindingStatusName(lease.bindingStatus, message.protocol));
  }
  const type = failoverType(message);
  const replies = type === MessageType.BNDREPLY || type === MessageType.CONNECTREPLY;
  if (facts.statusCode === undefined && replies && message.protocol === 'dhcpv6-failover')
    add(STATUS_SUCCESS);
  return values;
}
