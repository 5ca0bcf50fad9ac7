/** What failover partners say about a lease inside OPTION_IAADDR and OPTION_IAPREFIX (RFC 8156 §7.4, §7.6). */
import { clientFqdn, OptionTable, status, u8, u32, vss } from './codec.ts';
import { OptionCode } from './codes.ts';
import { iaAddress, iaPrefix } from './ia.ts';
import type { LeaseInfo } from './messages.ts';

const leaseOptions = new OptionTable<LeaseInfo>()
  .one(OptionCode.STATUS_CODE, 'status', status)
  .one(OptionCode.VSS, 'vss', vss)
  .one(OptionCode.LQ_BASE_TIME, 'baseTime', u32)
  .one(OptionCode.F_BINDING_STATUS, 'bindingStatus', u8)
  .one(OptionCode.F_START_TIME_OF_STATE, 'startTimeOfState', u32)
  .one(OptionCode.F_STATE_EXPIRATION_TIME, 'stateExpirationTime', u32)
  .one(OptionCode.CLT_TIME, 'cltTime', u32)
  .one(OptionCode.F_PARTNER_LIFETIME, 'partnerLifetime', u32)
  .one(OptionCode.F_PARTNER_LIFETIME_SENT, 'partnerLifetimeSent', u32)
  .one(OptionCode.F_PARTNER_RAW_CLT_TIME, 'partnerRawCltTime', u32)
  .one(OptionCode.F_EXPIRATION_TIME, 'expirationTime', u32)
  .one(OptionCode.CLIENT_FQDN, 'clientFqdn', clientFqdn);

export const leasedAddress = iaAddress(leaseOptions);
export const leasedPrefix = iaPrefix(leaseOptions);
