/** OPTION_CLIENT_DATA as failover fills it (RFC 8156 §7.4, §7.6; layout of RFC 5007 §4.1.2.2). */
import { type Codec, type Draft, OptionTable, octets, status, u32 } from './codec.ts';
import { OptionCode } from './codes.ts';
import { identityAssociations } from './ia.ts';
import { leasedAddress, leasedPrefix } from './lease-info.ts';
import type { ClientData } from './messages.ts';

const ia = identityAssociations(leasedAddress, leasedPrefix);

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
  .many(OptionCode.IA_NA, 'ias', ia.IA_NA, ({ kind }) => kind === 'IA_NA')
  .many(OptionCode.IA_TA, 'ias', ia.IA_TA, ({ kind }) => kind === 'IA_TA')
  .many(OptionCode.IA_PD, 'ias', ia.IA_PD, ({ kind }) => kind === 'IA_PD');

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
