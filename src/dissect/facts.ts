/** Facts that may be kept, made from what a glance at the message found. */
import { toHex } from '../base/bytes.ts';
import { formatIpv4, formatIpv6 } from '../base/ipv6.ts';
import { ABSENT, type Glance, type LeaseGlance, Slot } from './glance.ts';
import type { Facts, LeaseFacts } from './message-facts.ts';

const IPV4_OCTETS = 4;

/** All of it, as values of their own. */
export function factsFrom(glance: Glance): Facts {
  const { bytes, numbers } = glance;
  const number = (slot: number): number | undefined => maybe(numbers[slot] as number);
  return {
    leases: glance.leases.slice(0, glance.leaseCount).map((lease) => leaseFrom(lease, bytes)),
    client: clientFrom(glance, bytes),
    statusCode: maybe(glance.statusCode),
    statusMessage: range(glance.statusMessageStart, glance.statusMessageEnd),
    serverState: number(Slot.serverState),
    serverFlags: number(Slot.serverFlags),
    startTimeOfState: number(Slot.startTimeOfState),
    partnerDownTime: number(Slot.partnerDownTime),
    mclt: number(Slot.mclt),
    keepaliveTime: number(Slot.keepaliveTime),
    maxUnackedBndupd: number(Slot.maxUnackedBndupd),
    connectFlags: number(Slot.connectFlags),
    majorVersion: number(Slot.majorVersion),
    minorVersion: number(Slot.minorVersion),
    relationshipName: range(glance.relationshipNameStart, glance.relationshipNameEnd),
  };
}

function leaseFrom(lease: LeaseGlance, bytes: Uint8Array): LeaseFacts {
  const { address, prefixLength, numbers } = lease;
  const number = (slot: number): number | undefined => maybe(numbers[slot] as number);
  const text = lease.addressOctets === IPV4_OCTETS ? formatIpv4(bytes, address) : formatIpv6(bytes, address);
  return {
    kind: prefixLength === ABSENT ? 'address' : 'prefix',
    text: prefixLength === ABSENT ? text : `${text}/${prefixLength}`,
    client: clientFrom(lease, bytes),
    iaid: maybe(lease.iaid),
    bindingStatus: number(Slot.bindingStatus),
    preferredLifetime: lease.preferredLifetime,
    validLifetime: lease.validLifetime,
    startTimeOfState: number(Slot.startTimeOfState),
    stateExpirationTime: number(Slot.stateExpirationTime),
    partnerLifetime: number(Slot.partnerLifetime),
    partnerLifetimeSent: number(Slot.partnerLifetimeSent),
    expirationTime: number(Slot.expirationTime),
    cltTime: number(Slot.cltTime),
    statusCode: maybe(lease.statusCode),
  };
}

function clientFrom(
  { clientStart, clientEnd }: Pick<Glance, 'clientStart' | 'clientEnd'>,
  bytes: Uint8Array,
): string | undefined {
  return clientStart === ABSENT ? undefined : toHex(bytes, clientStart, clientEnd);
}

function maybe(value: number): number | undefined {
  return value === ABSENT ? undefined : value;
}

function range(start: number, end: number): readonly [number, number] | undefined {
  return start === ABSENT ? undefined : [start, end];
}
