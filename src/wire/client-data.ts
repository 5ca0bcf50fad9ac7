/** OPTION_CLIENT_DATA as failover fills it (RFC 8156 §7.4, §7.6; layout of RFC 5007 §4.1.2.2), and the IAs in it. */
import { type Codec, type Draft, OptionTable, octets, status, u32 } from './codec.ts';
import { OptionCode } from './codes.ts';
import { iaAddress, iaPrefix } from './lease-info.ts';
import type { ClientData, IaKind, IdentityAssociation } from './messages.ts';

const iaOptions = new OptionTable<IdentityAssociation>()
  .one(OptionCode.STATUS_CODE, 'status', status)
  .many(OptionCode.IAADDR, 'leases', iaAddress, (lease) => lease.kind === 'address')
  .many(OptionCode.IAPREFIX, 'leases', iaPrefix, (lease) => lease.kind === 'prefix');

/** RFC 8415 §21.4, §21.5 and §21.21: IAID, then T1 and T2 except for an IA_TA, then options. */
function identityAssociation(kind: IaKind): Codec<IdentityAssociation> {
  const hasTimes = kind !== 'IA_TA';
  return {
    size: hasTimes ? 12 : 4,
    open: true,
    read(reader) {
      const iaid = reader.u32();
      const t1 = hasTimes ? reader.u32() : 0;
      const t2 = hasTimes ? reader.u32() : 0;
      const ia: Draft<IdentityAssociation> = { kind, iaid, t1, t2, leases: [] };
      iaOptions.read(reader, ia);
      return ia;
    },
    write(writer, ia) {
      writer.u32(ia.iaid);
      if (hasTimes) {
        writer.u32(ia.t1);
        writer.u32(ia.t2);
      }
      iaOptions.write(writer, ia);
    },
  };
}

/** OPTION_F_RECONFIGURE_DATA, RFC 8156 §5.5.13. */
const reconfigureData: Codec<NonNullable<ClientData['reconfigureData']>> = {
  size: 4,
  open: true,
  read: (reader) => ({ time: reader.u32(), key: reader.rest() }),
  write(writer, value) {
    writer.u32(value.time);
    writer.octets(value.key);
  },
};

/** OPTION_LQ_RELAY_DATA, RFC 5007 §4.1.2.4. */
const relayData: Codec<NonNullable<ClientData['relayData']>> = {
  size: 16,
  open: true,
  read: (reader) => ({ peerAddress: reader.take(16), message: reader.rest() }),
  write(writer, value) {
    writer.octets(value.peerAddress);
    writer.octets(value.message);
  },
};

const clientDataOptions = new OptionTable<ClientData>()
  .one(OptionCode.STATUS_CODE, 'status', status)
  .one(OptionCode.CLIENTID, 'clientId', octets)
  .one(OptionCode.LQ_BASE_TIME, 'baseTime', u32)
  .one(OptionCode.VSS, 'vss', octets)
  .one(OptionCode.F_RECONFIGURE_DATA, 'reconfigureData', reconfigureData)
  .one(OptionCode.LQ_RELAY_DATA, 'relayData', relayData)
  .many(OptionCode.IA_NA, 'ias', identityAssociation('IA_NA'), (ia) => ia.kind === 'IA_NA')
  .many(OptionCode.IA_TA, 'ias', identityAssociation('IA_TA'), (ia) => ia.kind === 'IA_TA')
  .many(OptionCode.IA_PD, 'ias', identityAssociation('IA_PD'), (ia) => ia.kind === 'IA_PD');

export const clientData: Codec<ClientData> = {
  size: 0,
  open: true,
  read(reader) {
    const client: Draft<ClientData> = { ias: [] };
    clientDataOptions.read(reader, client);
    return client;
  },
  write: (writer, client) => clientDataOptions.write(writer, client),
};
