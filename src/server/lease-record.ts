/**
 * What a lease and an endpoint's state look like in a store. The compiler sees to it that no field of either type is
 * forgotten here; new fields are appended, so that a store of an older version is still read.
 */
import type { EndpointRecord } from '../failover/io.ts';
import type { Holder, Lease } from '../failover/lease.ts';
import { BINDING_STATUS_CODES, type LastingState, STATE_CODES } from '../failover/state.ts';
import type { IaKind } from '../wire/messages.ts';
import { boolean, fixed, named, octets, record, u8, u32, type ValueCodec } from './record-codec.ts';

const state: ValueCodec<LastingState> = named(lastingStateCodes());
const iaKind = named<IaKind>({ IA_NA: 3, IA_TA: 4, IA_PD: 25 });

const holder = record<Holder>({
  duid: octets,
  iaKind,
  iaid: u32,
  t1: u32,
  t2: u32,
  preferredLifetime: u32,
  validLifetime: u32,
  clientFqdn: octets,
  relayData: record<NonNullable<Holder['relayData']>>({ peerAddress: fixed(16), message: octets }),
  reconfigureData: record<NonNullable<Holder['reconfigureData']>>({ time: u32, key: octets }),
});

export const leaseRecord: ValueCodec<Lease> = record<Lease>({
  kind: named({ address: 0, prefix: 1 }),
  address: fixed(16),
  prefixLength: u8,
  status: named(BINDING_STATUS_CODES),
  startTimeOfState: u32,
  updateNeeded: boolean,
  updateSent: boolean,
  stateExpirationTime: u32,
  expirationTime: u32,
  ackedPartnerLifetime: u32,
  partnerLifetime: u32,
  clientLastTransactionTime: u32,
  partnerRawCltTime: u32,
  rejectedWith: u32,
  holder,
});

export const endpointRecord: ValueCodec<EndpointRecord> = record<EndpointRecord>({
  state,
  previousState: state,
  startTimeOfState: u32,
  partnerDownTime: u32,
  partnerState: state,
  partnerStartTimeOfState: u32,
  partnerDownTimeOfPartner: u32,
  partnerFlags: u8,
  lastMessageTime: u32,
  communicated: boolean,
  mclt: u32,
  lastOperationTime: u32,
  timeOfFailure: u32,
  updateAllNeeded: boolean,
  firstRun: boolean,
  partnerIsBack: boolean,
});

function lastingStateCodes(): Readonly<Record<LastingState, number>> {
  const { STARTUP: _, ...codes } = STATE_CODES;
  return codes;
}
