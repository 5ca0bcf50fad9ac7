/**
 * Facts of DHCPv4 failover messages (draft-ietf-dhc-failover-12): flat options of 2 + 2 octets behind the payload
 * offset, times since 1970. A message may hold several bindings one after the other; each begins with its address.
 */
import { readU16, readU32, toHex } from '../base/bytes.ts';
import { formatIpv4 } from '../base/ipv6.ts';
import { EPOCH_2000_UNIX_SECONDS, wrapSeconds } from '../base/time.ts';
import type { Message } from './message.ts';
import { emptyFacts, emptyLease, type Facts, type LeaseFacts } from './message-facts.ts';

const Option = {
  ASSIGNED_IP_ADDRESS: 2,
  BINDING_STATUS: 3,
  CLIENT_IDENTIFIER: 4,
  CLIENT_HARDWARE_ADDRESS: 5,
  LEASE_EXPIRATION_TIME: 13,
  MAX_UNACKED_BNDUPD: 14,
  MCLT: 15,
  MESSAGE: 16,
  POTENTIAL_EXPIRATION_TIME: 18,
  RECEIVE_TIMER: 19,
  PROTOCOL_VERSION: 20,
  REJECT_REASON: 21,
  RELATIONSHIP_NAME: 22,
  SERVER_FLAGS: 23,
  SERVER_STATE: 24,
  START_TIME_OF_STATE: 25,
} as const;

/** The payload offset counts from the length prefix, which is not part of the frame. */
const PREFIX_OCTETS = 2;
/** Windows says 8 and means 12. */
const HEADER_OCTETS = 12;

export function readV4Facts(message: Message): Facts {
  const { bytes, start, end } = message.frame;
  const facts = emptyFacts();
  if (start + HEADER_OCTETS - PREFIX_OCTETS > end) return facts;
  let lease: LeaseFacts | undefined;
  const from = start + Math.max(HEADER_OCTETS, bytes[start + 1] as number) - PREFIX_OCTETS;
  for (let at = from; at + 4 <= end; ) {
    const code = readU16(bytes, at);
    const stop = at + 4 + readU16(bytes, at + 2);
    if (stop > end) break;
    if (code === Option.ASSIGNED_IP_ADDRESS && stop - at === 8) {
      lease = emptyLease('address', formatIpv4(bytes, at + 4));
      facts.leases.push(lease);
    } else readOption(facts, lease, code, bytes, at + 4, stop);
    at = stop;
  }
  facts.client = facts.leases[0]?.client;
  return facts;
}

function readOption(
  facts: Facts,
  lease: LeaseFacts | undefined,
  code: number,
  bytes: Uint8Array,
  from: number,
  end: number,
): void {
  const octets = end - from;
  if (code === Option.RELATIONSHIP_NAME) facts.relationshipName = [from, end];
  else if (code === Option.MESSAGE) facts.statusMessage = [from, end];
  else if (octets === 1) readOctet(facts, lease, code, bytes[from] as number);
  else if (octets === 4 && readNumber(facts, lease, code, readU32(bytes, from))) return;
  else if (lease !== undefined && code === Option.CLIENT_IDENTIFIER) lease.client = toHex(bytes, from, end);
  else if (lease !== undefined && code === Option.CLIENT_HARDWARE_ADDRESS) {
    lease.client ??= toHex(bytes, from + 1, end);
  }
}

function readOctet(facts: Facts, lease: LeaseFacts | undefined, code: number, value: number): void {
  if (code === Option.SERVER_STATE) facts.serverState = value;
  else if (code === Option.SERVER_FLAGS) facts.serverFlags = value;
  else if (code === Option.PROTOCOL_VERSION) facts.majorVersion = value;
  else if (code === Option.BINDING_STATUS && lease !== undefined) lease.bindingStatus = value;
  else if (code === Option.REJECT_REASON) {
    facts.statusCode ??= value;
    if (lease !== undefined) lease.statusCode = value;
  }
}

/** Whether the option is one of those with a number of four octets. */
function readNumber(facts: Facts, lease: LeaseFacts | undefined, code: number, value: number): boolean {
  if (code === Option.MAX_UNACKED_BNDUPD) facts.maxUnackedBndupd = value;
  else if (code === Option.MCLT) facts.mclt = value;
  else if (code === Option.RECEIVE_TIMER) facts.keepaliveTime = value;
  else if (code === Option.START_TIME_OF_STATE) {
    if (lease === undefined) facts.startTimeOfState = since2000(value);
    else lease.startTimeOfState = since2000(value);
  } else if (code === Option.LEASE_EXPIRATION_TIME && lease !== undefined) {
    lease.stateExpirationTime = since2000(value);
  } else if (code === Option.POTENTIAL_EXPIRATION_TIME && lease !== undefined) {
    lease.partnerLifetime = since2000(value);
  } else return false;
  return true;
}

/** A time of 0 says that there is none. */
function since2000(unixSeconds: number): number | undefined {
  return unixSeconds === 0 ? undefined : wrapSeconds(unixSeconds - EPOCH_2000_UNIX_SECONDS);
}
