/**
 * The last column of a listing: what a message says, for its type, and what is known about it. Written as octets from a
 * glance at the message, so that a listing builds no tree and makes no strings.
 */

import type { ProtocolName } from '../base/frame.ts';
import { isoOfEpoch2000 } from '../base/time.ts';
import type { Annotations } from '../dissect/annotations.ts';
import { ABSENT, type Glance, type LeaseGlance, Slot } from '../dissect/glance.ts';
import { JsonBuffer, Piece } from '../dissect/json-buffer.ts';
import type { Message } from '../dissect/message.ts';
import { relayedMessage } from '../dissect/relayed.ts';
import {
  bindingStatusName,
  failoverType,
  MessageType,
  STATUS_SUCCESS,
  stateName,
  statusName,
} from '../dissect/vocabulary.ts';
import { putClient, putDuration, putName, putSafe, putXid, typeText, written } from './words.ts';

const SPACE = 0x20;
const QUOTE = 0x22;
const CLOSE = 0x5d;
const SECONDS = 0x73;
const SLASH = 0x2f;

/** What the message says, and what is known of it. */
export function putInfo(out: JsonBuffer, message: Message, notes: Annotations): void {
  WORDS.begin(out);
  putFacts(WORDS, message);
  putRemarks(WORDS, message, notes);
}

/** What the message says, without notes on it. */
export function infoOf(message: Message): string {
  return written((out) => {
    WORDS.begin(out);
    putFacts(WORDS, message);
  });
}

/** Parts of a text, with a space between any two. */
class Words {
  private out = new JsonBuffer(0);
  private beginAt = 0;

  begin(out: JsonBuffer): void {
    this.out = out;
    this.beginAt = out.length;
  }

  /** The buffer, ready for a further part. */
  next(): JsonBuffer {
    if (this.out.length > this.beginAt) this.out.putCode(SPACE);
    return this.out;
  }
}

/** One for all, because there are millions of texts, one after the other. */
const WORDS = new Words();

const REPLY_TO = new Piece('[to #');
const AFTER = new Piece(' after ');
const REPLY_IN = new Piece('[reply #');
const RESYNC = new Piece('[after missing data]');

function putRemarks(words: Words, message: Message, notes: Annotations): void {
  if (notes.replyTo !== undefined) {
    const out = words.next();
    out.put(REPLY_TO);
    out.putNumber(notes.replyTo);
    if (notes.rttMillis !== undefined) {
      out.put(AFTER);
      putDuration(out, notes.rttMillis);
    }
    out.putCode(CLOSE);
  }
  if (notes.replyIn !== undefined) {
    const out = words.next();
    out.put(REPLY_IN);
    out.putNumber(notes.replyIn);
    out.putCode(CLOSE);
  }
  if (notes.findings !== undefined) for (const id of notes.findings) words.next().putText(`!${id}`);
  if (message.frame.resync) words.next().put(RESYNC);
  const problems = message.problems();
  if (problems.length > 0)
    words.next().putText(`[malformed: ${problems[0]?.code}${problems.length > 1 ? ', ...' : ''}]`);
}

function putFacts(words: Words, message: Message): void {
  const { protocol } = message;
  const glance = message.glance();
  const type = failoverType(message);
  if (type === MessageType.CONNECT || type === MessageType.CONNECTREPLY) putConnect(words, glance, protocol);
  else if (type === MessageType.STATE) putState(words, glance, protocol);
  else {
    putRelayed(words, message);
    putLease(words, glance, protocol, type === MessageType.BNDREPLY);
  }
}

function putRelayed(words: Words, message: Message): void {
  const relayed = relayedMessage(message);
  if (relayed === undefined) return;
  putName(words.next(), typeText(relayed));
  if (relayed.transactionId !== null) putXid(words.next(), relayed.transactionId);
}

function putConnect(words: Words, glance: Glance, protocol: ProtocolName): void {
  const { numbers, bytes } = glance;
  putStatus(words, glance, protocol, false);
  if (glance.relationshipNameStart !== ABSENT) {
    const out = words.next();
    out.putCode(QUOTE);
    putSafe(out, bytes, glance.relationshipNameStart, glance.relationshipNameEnd);
    out.putCode(QUOTE);
  }
  const major = numbers[Slot.majorVersion] as number;
  const minor = numbers[Slot.minorVersion] as number;
  if (major !== ABSENT) words.next().putText(minor === ABSENT ? `v${major}` : `v${major}.${minor}`);
  const told = (slot: number, text: (value: number) => string): void => {
    const value = numbers[slot] as number;
    if (value !== ABSENT) words.next().putText(text(value));
  };
  told(Slot.mclt, (value) => `mclt ${value}s`);
  told(Slot.keepaliveTime, (value) => `keepalive ${value}s`);
  told(Slot.maxUnackedBndupd, (value) => `unacked ${value}`);
  const flags = numbers[Slot.connectFlags] as number;
  if (flags !== ABSENT && (flags & 1) !== 0) words.next().putText('fixed-pd-length');
}

const SERVER_FLAGS = ['COMMUNICATED', 'STARTUP', 'ACK-STARTUP'];
const V4_SERVER_FLAGS = ['STARTUP'];

function putState(words: Words, { numbers }: Glance, protocol: ProtocolName): void {
  const state = numbers[Slot.serverState] as number;
  words.next().putText(state === ABSENT ? 'no state' : stateName(state, protocol));
  const names = protocol === 'dhcpv4-failover' ? V4_SERVER_FLAGS : SERVER_FLAGS;
  const flags = Math.max(0, numbers[Slot.serverFlags] as number);
  for (let bit = 0; bit < 8; bit++)
    if ((flags >> bit) & 1) words.next().putText(`+${names[bit] ?? `flag${bit}`}`);
  const since = numbers[Slot.startTimeOfState] as number;
  if (since !== ABSENT) words.next().putText(`since ${isoOfEpoch2000(since)}`);
  const down = numbers[Slot.partnerDownTime] as number;
  if (down !== ABSENT) words.next().putText(`partner-down ${isoOfEpoch2000(down)}`);
}

const CLIENT = new Piece('client ');
const VALID = new Piece('valid ');
const AND = new Piece('and ');
const MORE = new Piece(' more');

/** Lease, binding-status, status code, lifetime, client, in the order in which one wants to know them. */
function putLease(words: Words, glance: Glance, protocol: ProtocolName, successToo: boolean): void {
  const { bytes } = glance;
  if (glance.leaseCount === 0) {
    putStatus(words, glance, protocol, successToo);
    putClientOf(words, glance, bytes);
    return;
  }
  const lease = glance.leases[0] as LeaseGlance;
  putAddress(words.next(), lease, bytes);
  const status = lease.numbers[Slot.bindingStatus] as number;
  if (status !== ABSENT) putName(words.next(), bindingStatusName(status, protocol));
  putStatus(words, glance, protocol, successToo);
  if (lease.validLifetime !== 0) {
    const out = words.next();
    out.put(VALID);
    putSeconds(out, lease.validLifetime);
  }
  putClientOf(words, lease, bytes);
  if (glance.leaseCount > 1) {
    const out = words.next();
    out.put(AND);
    out.putNumber(glance.leaseCount - 1);
    out.put(MORE);
  }
}

function putClientOf(
  words: Words,
  { clientStart, clientEnd }: Pick<Glance, 'clientStart' | 'clientEnd'>,
  bytes: Uint8Array,
): void {
  if (clientStart === ABSENT) return;
  const out = words.next();
  out.put(CLIENT);
  putClient(out, bytes, clientStart, clientEnd);
}

const IPV4_OCTETS = 4;

function putAddress(out: JsonBuffer, lease: LeaseGlance, bytes: Uint8Array): void {
  if (lease.addressOctets === IPV4_OCTETS) out.putIpv4(bytes, lease.address);
  else out.putIpv6(bytes, lease.address);
  if (lease.prefixLength === ABSENT) return;
  out.putCode(SLASH);
  out.putNumber(lease.prefixLength);
}

const INFINITY_SECONDS = 0xffffffff;
const INFINITY = new Piece('infinity');

/** `3600s`, and `infinity` for the lifetime that never ends (RFC 8415 §7.7). */
function putSeconds(out: JsonBuffer, seconds: number): void {
  if (seconds === INFINITY_SECONDS) out.put(INFINITY);
  else {
    out.putNumber(seconds);
    out.putCode(SECONDS);
  }
}

function putStatus(words: Words, glance: Glance, protocol: ProtocolName, successToo: boolean): void {
  const { statusCode, bytes } = glance;
  if (statusCode === ABSENT || (statusCode === STATUS_SUCCESS && !successToo)) return;
  const out = words.next();
  putName(out, statusName(statusCode, protocol));
  if (glance.statusMessageStart === ABSENT) return;
  const from = out.length;
  out.putCode(SPACE);
  out.putCode(QUOTE);
  const said = out.length;
  putSafe(out, bytes, glance.statusMessageStart, glance.statusMessageEnd);
  if (out.length === said) out.clear(from);
  else out.putCode(QUOTE);
}
