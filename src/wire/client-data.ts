/** OPTION_CLIENT_DATA as failover fills it (RFC 8156 §7.4, §7.6; layout of RFC 5007 §4.1.2.2). */
import { type Codec, type Draft, OptionTable, octetsUpTo, status, u32, vss } from './codec.ts';
import { OptionCode } from './codes.ts';
import { identityAssociations } from './ia.ts';
import { leasedAddress, leasedPrefix } from './lease-info.ts';
import type { ClientData } from './messages.ts';

const ia = identityAssociations(leasedAddress, leasedPrefix);

/** Octets of a DUID with its type (RFC 8415 §11.1). */
const DUID_MAX = 130;
const reconfigureKey = octetsUpTo(256);
const relayMessage = octetsUpTo(4096);

/** OPTION_F_RECONFIGURE_DATA, RFC 8156 §5.5.13. */
const reconfigureData: Codec<NonNullable<ClientData['reconfigureData']>> = {
  size: 4,
  open: true,
  read(reader) {
    const time = reader.u32();
    const key = reconfigureKey.read(reader);
    return key === undefined ? undefined : { time, key };
  },
  write(writer, value) {
    writer.u32(value.time);
    writer.octets(value.key);
  },
};

/** OPTION_LQ_RELAY_DATA, RFC 5007 §4.1.2.4. */
const relayData: Codec<NonNullable<ClientData['relayData']>> = {
  size: 16,
  open: true,
  read(reader) {
    const peerAddress = reader.take(16);
    const message = relayMessage.read(reader);
    return message === undefined ? undefined : { peerAddress, message };
  },
  write(writer, value) {
    writer.octets(value.peerAddress);
    writer.octets(value.message);
  },
};

const clientDataOptions = new OptionTable<ClientData>()
  .one(OptionCode.STATUS_CODE, 'status', status, (client) => client.status)
  .one(
    OptionCode.CLIENTID,
    'clientId',
    octetsUpTo(DUID_MAX),
    (client) => client.clientId,
    (client, value) => {
      client.clientId = value;
    },
  )
  .one(
    OptionCode.LQ_BASE_TIME,
    'baseTime',
    u32,
    (client) => client.baseTime,
    (client, value) => {
      client.baseTime = value;
    },
  )
  .one(OptionCode.VSS, 'vss', vss, (client) => client.vss)
  .one(OptionCode.F_RECONFIGURE_DATA, 'reconfigureData', reconfigureData, (client) => client.reconfigureData)
  .one(OptionCode.LQ_RELAY_DATA, 'relayData', relayData, (client) => client.relayData)
  .many(
    OptionCode.IA_NA,
    'ias',
    ia.IA_NA,
    ({ kind }) => kind === 'IA_NA',
    (client) => client.ias,
    (client, value) => {
      client.ias = value;
    },
  )
  .many(OptionCode.IA_TA, 'ias', ia.IA_TA, ({ kind }) => kind === 'IA_TA')
  .many(OptionCode.IA_PD, 'ias', ia.IA_PD, ({ kind }) => kind === 'IA_PD');

export const clientData: Codec<ClientData> = {
  size: 0,
  open: true,
  read(reader) {
    // All fields in one order, so that all have one shape in memory.
    const client: Draft<ClientData> = {
      status: undefined,
      clientId: undefined,
      baseTime: undefined,
      vss: undefined,
      reconfigureData: undefined,
      relayData: undefined,
      ias: [],
    };
    clientDataOptions.read(reader, client);
    return client;
  },
  write: (writer, client) => clientDataOptions.write(writer, client),
};
