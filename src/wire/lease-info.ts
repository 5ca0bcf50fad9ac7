/**
 * OPTION_IAADDR and OPTION_IAPREFIX as failover uses them (RFC 8156 §7.4, §7.6): a lease with its lifetimes and what
 * the partners tell each other about it. The client's side of the same options is in dhcpv6.ts.
 */
import { type Codec, type Draft, OptionTable, octets, status, u8, u32 } from './codec.ts';
import { OptionCode } from './codes.ts';
import type { LeaseInfo } from './messages.ts';

const leaseOptions = new OptionTable<LeaseInfo>()
  .one(OptionCode.STATUS_CODE, 'status', status)
  .one(OptionCode.VSS, 'vss', octets)
  .one(OptionCode.LQ_BASE_TIME, 'baseTime', u32)
  .one(OptionCode.F_BINDING_STATUS, 'bindingStatus', u8)
  .one(OptionCode.F_START_TIME_OF_STATE, 'startTimeOfState', u32)
  .one(OptionCode.F_STATE_EXPIRATION_TIME, 'stateExpirationTime', u32)
  .one(OptionCode.CLT_TIME, 'cltTime', u32)
  .one(OptionCode.F_PARTNER_LIFETIME, 'partnerLifetime', u32)
  .one(OptionCode.F_PARTNER_LIFETIME_SENT, 'partnerLifetimeSent', u32)
  .one(OptionCode.F_PARTNER_RAW_CLT_TIME, 'partnerRawCltTime', u32)
  .one(OptionCode.F_EXPIRATION_TIME, 'expirationTime', u32)
  .one(OptionCode.CLIENT_FQDN, 'clientFqdn', octets);

/** RFC 8415 §21.6: address, preferred-lifetime, valid-lifetime, options. */
export const iaAddress: Codec<LeaseInfo> = {
  size: 24,
  open: true,
  read(reader) {
    const address = reader.take(16);
    const lease: Draft<LeaseInfo> = {
      kind: 'address',
      address,
      prefixLength: 128,
      preferredLifetime: reader.u32(),
      validLifetime: reader.u32(),
    };
    leaseOptions.read(reader, lease);
    return lease;
  },
  write(writer, lease) {
    writer.octets(lease.address);
    writer.u32(lease.preferredLifetime);
    writer.u32(lease.validLifetime);
    leaseOptions.write(writer, lease);
  },
};

/** RFC 8415 §21.22: preferred-lifetime, valid-lifetime, prefix-length, prefix, options. */
export const iaPrefix: Codec<LeaseInfo> = {
  size: 25,
  open: true,
  read(reader) {
    const preferredLifetime = reader.u32();
    const validLifetime = reader.u32();
    const prefixLength = reader.u8();
    if (prefixLength > 128) return undefined;
    const address = reader.take(16);
    const lease: Draft<LeaseInfo> = {
      kind: 'prefix',
      address,
      prefixLength,
      preferredLifetime,
      validLifetime,
    };
    leaseOptions.read(reader, lease);
    return lease;
  },
  write(writer, lease) {
    writer.u32(lease.preferredLifetime);
    writer.u32(lease.validLifetime);
    writer.u8(lease.prefixLength);
    writer.octets(lease.address);
    leaseOptions.write(writer, lease);
  },
};
