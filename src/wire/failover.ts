/**
 * Failover messages (RFC 8156 §5.2, §5.3) and the STARTTLS exchange before them (RFC 7653 §8.2, §9.1) as octets.
 * Strict in what it writes, lossless in what it reads: a message is never refused here, the endpoint judges it.
 */
import type { Problem } from '../base/problem.ts';
import { clientData } from './client-data.ts';
import { type Codec, type Draft, OptionTable, status, text, u8, u16, u32 } from './codec.ts';
import { MessageType, OptionCode } from './codes.ts';
import { leasedPrefix } from './lease-info.ts';
import type {
  Binding,
  ConnectReply,
  FailoverMessage,
  Plain,
  State,
  TlsNegotiation,
  UnknownMessage,
} from './messages.ts';
import { copyOf, Reader } from './reader.ts';
import { Writer } from './writer.ts';

export interface DecodedFailover {
  readonly message: FailoverMessage | UnknownMessage;
  /** Empty for a message that has the form which the RFC gives it. */
  readonly problems: readonly Problem[];
}

const protocolVersion: Codec<{ readonly major: number; readonly minor: number }> = {
  size: 4,
  open: false,
  read: (reader) => ({ major: reader.u16(), minor: reader.u16() }),
  write(writer, version) {
    writer.u16(version.major);
    writer.u16(version.minor);
  },
};

/** CONNECT has no status of its own; should one come, it is read like that of a CONNECTREPLY. */
const connectOptions = new OptionTable<ConnectReply>()
  .one(OptionCode.F_PROTOCOL_VERSION, 'protocolVersion', protocolVersion)
  .one(OptionCode.F_MCLT, 'mclt', u32)
  .one(OptionCode.F_KEEPALIVE_TIME, 'keepaliveTime', u32)
  .one(OptionCode.F_MAX_UNACKED_BNDUPD, 'maxUnackedBndupd', u32)
  .one(OptionCode.F_RELATIONSHIP_NAME, 'relationshipName', text)
  .one(OptionCode.F_CONNECT_FLAGS, 'connectFlags', u16)
  .one(OptionCode.STATUS_CODE, 'status', status);

const stateOptions = new OptionTable<State>()
  .one(OptionCode.F_SERVER_STATE, 'serverState', u8)
  .one(OptionCode.F_SERVER_FLAGS, 'serverFlags', u8)
  .one(OptionCode.F_START_TIME_OF_STATE, 'startTimeOfState', u32)
  .one(OptionCode.F_PARTNER_DOWN_TIME, 'partnerDownTime', u32);

const plainOptions = new OptionTable<Plain>().one(OptionCode.STATUS_CODE, 'status', status);

const tlsOptions = new OptionTable<TlsNegotiation>().one(OptionCode.STATUS_CODE, 'status', status);

const bindingOptions = new OptionTable<Binding>()
  .one(OptionCode.STATUS_CODE, 'status', status, (message) => message.status)
  .one(
    OptionCode.CLIENT_DATA,
    'clientData',
    clientData,
    (message) => message.clientData,
    (message, value) => {
      message.clientData = value;
    },
  )
  .one(OptionCode.IAPREFIX, 'prefixLease', leasedPrefix, (message) => message.prefixLease);

type FailoverType = FailoverMessage['type'];

interface Form {
  readonly type: FailoverType;
  readonly code: number;
  readonly options: OptionTable<FailoverMessage>;
  readonly hasSentTime: boolean;
}

const FORMS = {
  STARTTLS: tlsOptions,
  REPLY: tlsOptions,
  BNDUPD: bindingOptions,
  BNDREPLY: bindingOptions,
  POOLREQ: plainOptions,
  POOLRESP: plainOptions,
  UPDREQ: plainOptions,
  UPDREQALL: plainOptions,
  UPDDONE: plainOptions,
  CONNECT: connectOptions,
  CONNECTREPLY: connectOptions,
  DISCONNECT: plainOptions,
  STATE: stateOptions,
  CONTACT: plainOptions,
} satisfies Record<FailoverType, unknown>;

const formByType = new Map<string, Form>();
const formByCode: (Form | undefined)[] = [];
for (const [name, options] of Object.entries(FORMS)) {
  const type = name as FailoverType;
  const form: Form = {
    type,
    code: MessageType[type],
    options: options as unknown as OptionTable<FailoverMessage>,
    hasSentTime: type !== 'STARTTLS' && type !== 'REPLY',
  };
  formByType.set(type, form);
  formByCode[form.code] = form;
}

const HEADER = 4;
const HEADER_WITH_SENT_TIME = 8;

const reader = new Reader();

/** Reads the message at `bytes[start, end)`, without length prefix. Never throws. */
export function decodeFailoverMessage(bytes: Uint8Array, start = 0, end = bytes.length): DecodedFailover {
  reader.open(bytes, start, end);
  const form = start < end ? formByCode[bytes[start] as number] : undefined;
  const needed = form?.hasSentTime === false ? HEADER : HEADER_WITH_SENT_TIME;
  if (form === undefined || end - start < needed) {
    if (form === undefined && end - start >= HEADER) {
      reader.report(
        'unknown-message-type',
        `message type ${bytes[start]} is not one of failover`,
        'RFC 8156 §5.3',
      );
    } else
      reader.report('message-too-short', `${end - start} octets, the header has ${needed}`, 'RFC 8156 §5.2');
    const message: UnknownMessage = {
      type: 'unknown',
      msgType: bytes[start] ?? 0,
      bytes: copyOf(bytes, start, end),
    };
    return { message, problems: reader.problems };
  }
  reader.at++;
  const transactionId = reader.u24();
  const message = (
    form.hasSentTime
      ? { type: form.type, transactionId, sentTime: reader.u32() }
      : { type: form.type, transactionId }
  ) as Draft<FailoverMessage>;
  form.options.read(reader, message);
  if (message.type === 'BNDUPD' || message.type === 'BNDREPLY') countSurplus(message);
  return { message, problems: reader.problems };
}

/** Writes `message` without length prefix. */
export function writeFailoverMessage(writer: Writer, message: FailoverMessage): void {
  const form = formByType.get(message.type) as Form;
  writer.u8(form.code);
  writer.u24(message.transactionId);
  if ('sentTime' in message) writer.u32(message.sentTime);
  form.options.write(writer, message);
}

/** Writes `message` with its 2-octet length prefix (RFC 5460 §5.1), ready for the connection. */
export function writeFailoverFrame(writer: Writer, message: FailoverMessage): void {
  const mark = writer.beginLength();
  writeFailoverMessage(writer, message);
  writer.endLength(mark);
}

const scratch = new Writer();

/** The octets of `message`, without length prefix; see Writer.take for how long to keep them. */
export function encodeFailoverMessage(message: FailoverMessage): Uint8Array {
  scratch.discard();
  writeFailoverMessage(scratch, message);
  return scratch.take();
}

/** The octets of `message` with length prefix. */
export function encodeFailoverFrame(message: FailoverMessage): Uint8Array {
  scratch.discard();
  writeFailoverFrame(scratch, message);
  return scratch.take();
}

function countSurplus(message: Draft<Binding>): void {
  if (message.extra === undefined) return;
  const surplus = message.extra.filter(
    ({ code }) => code === OptionCode.CLIENT_DATA || code === OptionCode.IAPREFIX,
  ).length;
  if (surplus > 0) message.surplus = surplus;
}
