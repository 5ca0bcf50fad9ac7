/** What failover partners say about a lease inside OPTION_IAADDR and OPTION_IAPREFIX (RFC 8156 §7.4, §7.6). */
import { clientFqdn, OptionTable, status, u8, u32, vss } from './codec.ts';
import { OptionCode } from './codes.ts';
import { iaAddress, iaPrefix, type MakeLease } from './ia.ts';
import type { LeaseInfo } from './messages.ts';

const leaseOptions = new OptionTable<LeaseInfo>()
  .one(OptionCode.STATUS_CODE, 'status', status, (lease) => lease.status)
  .one(OptionCode.VSS, 'vss', vss, (lease) => lease.vss)
  .one(OptionCode.LQ_BASE_TIME, 'baseTime', u32, (lease) => lease.baseTime)
  .one(
    OptionCode.F_BINDING_STATUS,
    'bindingStatus',
    u8,
    (lease) => lease.bindingStatus,
    (lease, value) => {
      lease.bindingStatus = value;
    },
  )
  .one(
    OptionCode.F_START_TIME_OF_STATE,
    'startTimeOfState',
    u32,
    (lease) => lease.startTimeOfState,
    (lease, value) => {
      lease.startTimeOfState = value;
    },
  )
  .one(
    OptionCode.F_STATE_EXPIRATION_TIME,
    'stateExpirationTime',
    u32,
    (lease) => lease.stateExpirationTime,
    (lease, value) => {
      lease.stateExpirationTime = value;
    },
  )
  .one(
    OptionCode.CLT_TIME,
    'cltTime',
    u32,
    (lease) => lease.cltTime,
    (lease, value) => {
      lease.cltTime = value;
    },
  )
  .one(
    OptionCode.F_PARTNER_LIFETIME,
    'partnerLifetime',
    u32,
    (lease) => lease.partnerLifetime,
    (lease, value) => {
      lease.partnerLifetime = value;
    },
  )
  .one(
    OptionCode.F_PARTNER_LIFETIME_SENT,
    'partnerLifetimeSent',
    u32,
    (lease) => lease.partnerLifetimeSent,
    (lease, value) => {
      lease.partnerLifetimeSent = value;
    },
  )
  .one(
    OptionCode.F_PARTNER_RAW_CLT_TIME,
    'partnerRawCltTime',
    u32,
    (lease) => lease.partnerRawCltTime,
    (lease, value) => {
      lease.partnerRawCltTime = value;
    },
  )
  .one(
    OptionCode.F_EXPIRATION_TIME,
    'expirationTime',
    u32,
    (lease) => lease.expirationTime,
    (lease, value) => {
      lease.expirationTime = value;
    },
  )
  .one(OptionCode.CLIENT_FQDN, 'clientFqdn', clientFqdn, (lease) => lease.clientFqdn);

/** All fields in one order, so that leases that are read have one shape in memory. */
const makeLease: MakeLease<LeaseInfo> = (kind, address, prefixLength, preferredLifetime, validLifetime) => ({
  kind,
  address,
  prefixLength,
  preferredLifetime,
  validLifetime,
  status: undefined,
  bindingStatus: undefined,
  startTimeOfState: undefined,
  stateExpirationTime: undefined,
  cltTime: undefined,
  partnerLifetime: undefined,
  partnerLifetimeSent: undefined,
  partnerRawCltTime: undefined,
  expirationTime: undefined,
  clientFqdn: undefined,
});

export const leasedAddress = iaAddress(leaseOptions, makeLease);
export const leasedPrefix = iaPrefix(leaseOptions, makeLease);
