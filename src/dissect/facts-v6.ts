/** Facts of DHCPv6, leasequery and RFC 8156 messages: option headers of 2 + 2 octets, nested where they encapsulate. */
import { NO_BYTES, readU16, readU32, toHex } from '../base/bytes.ts';
import { formatIpv6 } from '../base/ipv6.ts';
import type { Message } from './message.ts';
import { emptyFacts, type Facts, type LeaseFacts } from './message-facts.ts';
import { STATUS_SUCCESS } from './vocabulary.ts';

const DEPTH_MAX = 16;

const Option = {
  CLIENTID: 1,
  IA_NA: 3,
  IA_TA: 4,
  IAADDR: 5,
  RELAY_MSG: 9,
  STATUS_CODE: 13,
  IA_PD: 25,
  IAPREFIX: 26,
  CLIENT_DATA: 45,
  CLT_TIME: 46,
  BINDING_STATUS: 114,
  CONNECT_FLAGS: 115,
  EXPIRATION_TIME: 120,
  MAX_UNACKED_BNDUPD: 121,
  MCLT: 122,
  PARTNER_LIFETIME: 123,
  PARTNER_LIFETIME_SENT: 124,
  PARTNER_DOWN_TIME: 125,
  PROTOCOL_VERSION: 127,
  KEEPALIVE_TIME: 128,
  RELATIONSHIP_NAME: 130,
  SERVER_FLAGS: 131,
  SERVER_STATE: 132,
  START_TIME_OF_STATE: 133,
  STATE_EXPIRATION_TIME: 134,
} as const;

export function readV6Facts(message: Message): Facts {
  const { bytes, start, end } = message.frame;
  return WALK.read(bytes, start + headerOctets(message), end);
}

const RELAY_FORW = 12;
const RELAY_REPL = 13;
const RELAY_HEADER_OCTETS = 34;

function headerOctets(message: Message): number {
  if (message.protocol === 'dhcpv6-failover') return message.sentTime === null ? 4 : 8;
  return clientHeaderOctets(message.msgType);
}

function clientHeaderOctets(msgType: number): number {
  return msgType === RELAY_FORW || msgType === RELAY_REPL ? RELAY_HEADER_OCTETS : 4;
}

/** Where a run of options stands: what client, IA and status it passes on to its leases. */
class Container {
  client: string | undefined;
  iaid: number | undefined;
  statusCode: number | undefined;
  lease: LeaseFacts | undefined;
}

/** The walk over the options of one message. One walk serves all messages, and one container each depth. */
class Walk {
  #bytes: Uint8Array = NO_BYTES;
  #facts: Facts = emptyFacts();
  readonly #containers = Array.from({ length: DEPTH_MAX + 2 }, () => new Container());

  read(bytes: Uint8Array, from: number, end: number): Facts {
    this.#bytes = bytes;
    this.#facts = emptyFacts();
    this.#inside(from, end, undefined, undefined, -1);
    return this.#facts;
  }

  #run(from: number, end: number, container: Container, depth: number): void {
    if (depth > DEPTH_MAX) return;
    const leasesBefore = this.#facts.leases.length;
    for (let at = from; at + 4 <= end; ) {
      const stop = at + 4 + readU16(this.#bytes, at + 2);
      if (stop > end) break;
      this.#option(readU16(this.#bytes, at), at + 4, stop, container, depth);
      at = stop;
    }
    if (container.lease === undefined) this.#passDown(leasesBefore, container);
  }

  /** Client and status may stand after the leases that they are about. */
  #passDown(from: number, container: Container): void {
    const { leases } = this.#facts;
    for (let at = from; at < leases.length; at++) {
      const lease = leases[at] as LeaseFacts;
      lease.client ??= container.client;
      lease.iaid ??= container.iaid;
      lease.statusCode ??= container.statusCode;
    }
  }

  #option(code: number, from: number, end: number, container: Container, depth: number): void {
    if (code === Option.CLIENT_DATA) this.#inside(from, end, undefined, undefined, depth);
    else if (code === Option.IA_NA || code === Option.IA_PD) this.#association(from, 12, end, depth);
    else if (code === Option.IA_TA) this.#association(from, 4, end, depth);
    else if (code === Option.IAADDR || code === Option.IAPREFIX) this.#lease(code, from, end, depth);
    else if (code === Option.RELAY_MSG) this.#relayed(from, end, depth);
    else if (code === Option.CLIENTID) this.#client(from, end, container);
    else if (code === Option.STATUS_CODE) this.#status(from, end, container);
    else if (container.lease === undefined) this.#messageFact(code, from, end);
    else this.#leaseFact(container.lease, code, from, end);
  }

  #association(from: number, fixedOctets: number, end: number, depth: number): void {
    if (from + fixedOctets <= end)
      this.#inside(from + fixedOctets, end, readU32(this.#bytes, from), undefined, depth);
  }

  #relayed(from: number, end: number, depth: number): void {
    if (from < end)
      this.#inside(from + clientHeaderOctets(this.#bytes[from] as number), end, undefined, undefined, depth);
  }

  #client(from: number, end: number, container: Container): void {
    container.client = toHex(this.#bytes, from, end);
    this.#facts.client ??= container.client;
  }

  #inside(
    from: number,
    end: number,
    iaid: number | undefined,
    lease: LeaseFacts | undefined,
    depth: number,
  ): void {
    const container = this.#containers[depth + 1] as Container;
    container.client = undefined;
    container.iaid = iaid;
    container.statusCode = undefined;
    container.lease = lease;
    this.#run(from, end, container, depth + 1);
  }

  #lease(code: number, from: number, end: number, depth: number): void {
    const isPrefix = code === Option.IAPREFIX;
    const fixed = isPrefix ? 25 : 24;
    if (from + fixed > end) return;
    const bytes = this.#bytes;
    const lease: LeaseFacts = {
      kind: isPrefix ? 'prefix' : 'address',
      text: isPrefix ? `${formatIpv6(bytes, from + 9)}/${bytes[from + 8]}` : formatIpv6(bytes, from),
      client: undefined,
      iaid: undefined,
      bindingStatus: undefined,
      preferredLifetime: readU32(bytes, isPrefix ? from : from + 16),
      validLifetime: readU32(bytes, isPrefix ? from + 4 : from + 20),
      startTimeOfState: undefined,
      stateExpirationTime: undefined,
      partnerLifetime: undefined,
      partnerLifetimeSent: undefined,
      expirationTime: undefined,
      cltTime: undefined,
      statusCode: undefined,
    };
    this.#facts.leases.push(lease);
    this.#inside(from + fixed, end, undefined, lease, depth);
  }

  #status(from: number, end: number, container: Container): void {
    if (from + 2 > end) return;
    const code = readU16(this.#bytes, from);
    if (container.lease === undefined) container.statusCode = code;
    else container.lease.statusCode = code;
    const known = this.#facts.statusCode;
    if (known === undefined || (known === STATUS_SUCCESS && code !== STATUS_SUCCESS)) {
      this.#facts.statusCode = code;
      this.#facts.statusMessage = [from + 2, end];
    }
  }

  #leaseFact(lease: LeaseFacts, code: number, from: number, end: number): void {
    if (code === Option.BINDING_STATUS) {
      if (end - from === 1) lease.bindingStatus = this.#bytes[from];
      return;
    }
    if (end - from !== 4) return;
    const value = readU32(this.#bytes, from);
    if (code === Option.START_TIME_OF_STATE) lease.startTimeOfState = value;
    else if (code === Option.STATE_EXPIRATION_TIME) lease.stateExpirationTime = value;
    else if (code === Option.PARTNER_LIFETIME) lease.partnerLifetime = value;
    else if (code === Option.PARTNER_LIFETIME_SENT) lease.partnerLifetimeSent = value;
    else if (code === Option.EXPIRATION_TIME) lease.expirationTime = value;
    else if (code === Option.CLT_TIME) lease.cltTime = value;
  }

  #messageFact(code: number, from: number, end: number): void {
    const facts = this.#facts;
    const octets = end - from;
    if (code === Option.RELATIONSHIP_NAME) facts.relationshipName = [from, end];
    else if (octets === 1) {
      if (code === Option.SERVER_STATE) facts.serverState = this.#bytes[from];
      else if (code === Option.SERVER_FLAGS) facts.serverFlags = this.#bytes[from];
    } else if (octets === 2) {
      if (code === Option.CONNECT_FLAGS) facts.connectFlags = readU16(this.#bytes, from);
    } else if (octets === 4) this.#messageNumber(code, from);
  }

  #messageNumber(code: number, from: number): void {
    const facts = this.#facts;
    const value = readU32(this.#bytes, from);
    if (code === Option.START_TIME_OF_STATE) facts.startTimeOfState = value;
    else if (code === Option.PARTNER_DOWN_TIME) facts.partnerDownTime = value;
    else if (code === Option.MCLT) facts.mclt = value;
    else if (code === Option.KEEPALIVE_TIME) facts.keepaliveTime = value;
    else if (code === Option.MAX_UNACKED_BNDUPD) facts.maxUnackedBndupd = value;
    else if (code === Option.PROTOCOL_VERSION) {
      facts.majorVersion = value >>> 16;
      facts.minorVersion = value & 0xffff;
    }
  }
}

const WALK = new Walk();
