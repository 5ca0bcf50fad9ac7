/** CONNECT and CONNECTREPLY: what we offer and what we refuse (RFC 8156 §6.1). Pure. */
import { SAME_TIME_SECONDS, secondsBetween } from '../base/time.ts';
import { StatusCode } from '../wire/codes.ts';
import type { Connect, ConnectReply, Status } from '../wire/messages.ts';
import { type EndpointConfig, LIFETIME_MAX_SECONDS } from './config.ts';
import { CONNECT_FLAGS, PROTOCOL_VERSION } from './state.ts';

/** What a partner said about itself and we agreed to. Times in seconds. */
export interface Agreement {
  readonly mclt: number;
  readonly keepaliveSeconds: number;
  readonly maxUnackedBndupd: number;
}

export function connectMessage(config: EndpointConfig, transactionId: number): Connect {
  const { relationshipName } = config;
  return {
    type: 'CONNECT',
    ...attributes(config, transactionId, config.mclt),
    ...(relationshipName !== undefined && { relationshipName }),
  };
}

/** `mclt`: the primary's, which we echo (§6.1.2). */
export function acceptingReply(config: EndpointConfig, transactionId: number, mclt: number): ConnectReply {
  return { type: 'CONNECTREPLY', ...attributes(config, transactionId, mclt) };
}

export function rejectingReply(transactionId: number, status: Status): ConnectReply {
  return { type: 'CONNECTREPLY', transactionId, sentTime: 0, status };
}

function attributes(config: EndpointConfig, transactionId: number, mclt: number) {
  return {
    transactionId,
    sentTime: 0,
    protocolVersion: PROTOCOL_VERSION,
    mclt,
    keepaliveTime: config.keepaliveSeconds,
    maxUnackedBndupd: config.maxUnackedBndupd,
    connectFlags: CONNECT_FLAGS.FIXED_PD_LENGTH,
  };
}

const refuse = (code: number, message: string): Status => ({ code, message });

/** The secondary's checks of a CONNECT, in the order of §6.1.2. `now` absolute. */
export function checkConnect(connect: Connect, config: EndpointConfig, now: number): Status | Agreement {
  const skew = secondsBetween(connect.sentTime, now);
  if (Math.abs(skew) > SAME_TIME_SECONDS) {
    return refuse(
      StatusCode.ExcessiveTimeSkew,
      `your clock is ${Math.abs(skew)} s ${skew > 0 ? 'behind' : 'ahead'}`,
    );
  }
  if (connect.relationshipName !== undefined && connect.relationshipName !== config.relationshipName) {
    return refuse(StatusCode.NotAllowed, 'no relationship of that name with you');
  }
  return checkAttributes(connect);
}

/** The primary's checks of a CONNECTREPLY that accepts (§6.1.3). */
export function checkConnectReply(reply: ConnectReply, config: EndpointConfig): Status | Agreement {
  const agreement = checkAttributes(reply);
  if ('code' in agreement || agreement.mclt === config.mclt) return agreement;
  return refuse(
    StatusCode.ConfigurationConflict,
    `the MCLT of the CONNECTREPLY is ${agreement.mclt} s, that of the CONNECT was ${config.mclt} s`,
  );
}

function checkAttributes(message: Connect | ConnectReply): Status | Agreement {
  const { protocolVersion, mclt, keepaliveTime, maxUnackedBndupd, connectFlags } = message;
  if (protocolVersion === undefined) return refuse(StatusCode.UnspecFail, 'no OPTION_F_PROTOCOL_VERSION');
  if (protocolVersion.major !== PROTOCOL_VERSION.major) {
    return refuse(
      StatusCode.NotSupported,
      `protocol version ${protocolVersion.major} is not supported, 1 is`,
    );
  }
  if (mclt === undefined) return refuse(StatusCode.UnspecFail, 'no OPTION_F_MCLT');
  if (mclt > LIFETIME_MAX_SECONDS) return refuse(StatusCode.UnspecFail, `an MCLT of ${mclt} s is too long`);
  if (keepaliveTime === undefined) return refuse(StatusCode.UnspecFail, 'no OPTION_F_KEEPALIVE_TIME');
  if (maxUnackedBndupd === undefined) return refuse(StatusCode.UnspecFail, 'no OPTION_F_MAX_UNACKED_BNDUPD');
  if (connectFlags === undefined) return refuse(StatusCode.UnspecFail, 'no OPTION_F_CONNECT_FLAGS');
  if ((connectFlags & CONNECT_FLAGS.FIXED_PD_LENGTH) === 0) {
    return refuse(
      StatusCode.NotSupported,
      'prefixes of different lengths from one delegable prefix are not supported',
    );
  }
  return { mclt, keepaliveSeconds: keepaliveTime, maxUnackedBndupd };
}
