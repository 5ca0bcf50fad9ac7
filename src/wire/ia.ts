/**
 * Identity associations and the leases in them (RFC 8415 §21.4–§21.6, §21.21, §21.22). The layout is the same between
 * failover partners and with clients; what may stand in the options of a lease is not, and comes as a table.
 */
import { type Codec, type Draft, OptionTable, status } from './codec.ts';
import { OptionCode } from './codes.ts';
import type { IaKind, IaLease, IdentityAssociation } from './messages.ts';

/** Makes a lease of what stands before its options. */
export type MakeLease<Lease extends IaLease> = (
  kind: IaLease['kind'],
  address: Uint8Array,
  prefixLength: number,
  preferredLifetime: number,
  validLifetime: number,
) => Draft<Lease>;

/** OPTION_IAADDR: address, preferred-lifetime, valid-lifetime, options. */
export function iaAddress<Lease extends IaLease>(
  options: OptionTable<Lease>,
  make: MakeLease<Lease>,
): Codec<Lease> {
  return {
    size: 24,
    open: true,
    read(reader) {
      const lease = make('address', reader.take(16), 128, reader.u32(), reader.u32());
      options.read(reader, lease);
      return lease;
    },
    write(writer, lease) {
      writer.octets(lease.address);
      writer.u32(lease.preferredLifetime);
      writer.u32(lease.validLifetime);
      options.write(writer, lease);
    },
  };
}

/** OPTION_IAPREFIX: preferred-lifetime, valid-lifetime, prefix-length, prefix, options. */
export function iaPrefix<Lease extends IaLease>(
  options: OptionTable<Lease>,
  make: MakeLease<Lease>,
): Codec<Lease> {
  return {
    size: 25,
    open: true,
    read(reader) {
      const preferredLifetime = reader.u32();
      const validLifetime = reader.u32();
      const prefixLength = reader.u8();
      if (prefixLength > 128) return undefined;
      const address = reader.take(16);
      const lease = make('prefix', address, prefixLength, preferredLifetime, validLifetime);
      options.read(reader, lease);
      return lease;
    },
    write(writer, lease) {
      writer.u32(lease.preferredLifetime);
      writer.u32(lease.validLifetime);
      writer.u8(lease.prefixLength);
      writer.octets(lease.address);
      options.write(writer, lease);
    },
  };
}

/** The three kinds of IA, with leases as the two codecs read them. */
export function identityAssociations<Lease extends IaLease>(
  address: Codec<Lease>,
  prefix: Codec<Lease>,
): Readonly<Record<IaKind, Codec<IdentityAssociation<Lease>>>> {
  const options = new OptionTable<Pick<IdentityAssociation<IaLease>, 'status' | 'leases' | 'extra'>>()
    .one(OptionCode.STATUS_CODE, 'status', status)
    .many(
      OptionCode.IAADDR,
      'leases',
      address,
      (lease) => lease.kind === 'address',
      (ia) => ia.leases,
      (ia, value) => {
        ia.leases = value;
      },
    )
    .many(OptionCode.IAPREFIX, 'leases', prefix, (lease) => lease.kind === 'prefix');
  return {
    IA_NA: identityAssociation('IA_NA', options),
    IA_TA: identityAssociation('IA_TA', options),
    IA_PD: identityAssociation('IA_PD', options),
  };
}

/** IAID, then T1 and T2 except for an IA_TA, then options. */
function identityAssociation<Lease extends IaLease>(
  kind: IaKind,
  options: OptionTable<Pick<IdentityAssociation<IaLease>, 'status' | 'leases' | 'extra'>>,
): Codec<IdentityAssociation<Lease>> {
  const hasTimes = kind !== 'IA_TA';
  return {
    size: hasTimes ? 12 : 4,
    open: true,
    read(reader) {
      const iaid = reader.u32();
      const t1 = hasTimes ? reader.u32() : 0;
      const t2 = hasTimes ? reader.u32() : 0;
      const ia: Draft<IdentityAssociation<Lease>> = { kind, iaid, t1, t2, leases: [] };
      options.read(reader, ia);
      return ia;
    },
    write(writer, ia) {
      writer.u32(ia.iaid);
      if (hasTimes) {
        writer.u32(ia.t1);
        writer.u32(ia.t2);
      }
      options.write(writer, ia);
    },
  };
}
