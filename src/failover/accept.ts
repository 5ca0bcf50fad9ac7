/**
 * What a received BNDUPD says (RFC 8156 §7.5.3) and what an accepted one makes of a lease (§7.5.5, §7.8). The
 * judgement between the two is conflict.ts.
 */
import { equalBytes } from '../base/bytes.ts';
import { added } from '../base/short-list.ts';
import { addSeconds, isAfter, isSameTime, laterOf } from '../base/time.ts';
import { OptionCode, StatusCode } from '../wire/codes.ts';
import type { Binding, ClientData, IdentityAssociation, LeaseInfo, Status } from '../wire/messages.ts';
import { isTooLarge } from './binding-update.ts';
import { LEASES_RECEIVED_MAX } from './config.ts';
import type { Claim } from './conflict.ts';
import { type ClientIa, type Holder, type Lease, sameClientIa } from './lease.ts';
import { bindingStatusOf } from './state.ts';

/** What an update says of the client of a lease, where it stood in the message. */
interface Told {
  readonly data: ClientData;
  readonly ia: IdentityAssociation;
}

/** One lease of a BNDUPD, ready to be judged and applied. Times absolute. */
export interface ReceivedLease extends Claim {
  readonly info: LeaseInfo;
  readonly client: (ClientIa & Told) | undefined;
}

/** A reason to reject all of a BNDUPD, or its leases, each with a reason of its own or ready. */
export interface ReceivedUpdate {
  readonly overall?: Status;
  readonly leases: readonly (ReceivedLease | Status)[];
}

export function isStatus(value: ReceivedLease | Status): value is Status {
  return 'code' in value;
}

const reject = (code: number, message: string): Status => ({ code, message });
const missing = (message: string): Status => reject(StatusCode.MissingBindingInformation, message);

/** Looks for everything that processing needs; nothing is compared with what this server knows. */
export function readUpdate(update: Binding): ReceivedUpdate {
  const { clientData, prefixLease } = update;
  if ((update.surplus ?? 0) > 0 || (clientData !== undefined && prefixLease !== undefined)) {
    return {
      overall: reject(StatusCode.UnspecFail, 'more than one client or prefix lease in a BNDUPD'),
      leases: [],
    };
  }
  if (clientData !== undefined) return readClientData(clientData);
  if (prefixLease === undefined) {
    return { overall: missing('neither OPTION_CLIENT_DATA nor OPTION_IAPREFIX'), leases: [] };
  }
  if (prefixLease.vss !== undefined) return { overall: UNKNOWN_VPN, leases: [] };
  return { leases: [readLease(prefixLease, prefixLease.baseTime, undefined)] };
}

/** We serve the global, default VPN only (§7.5.4). */
const UNKNOWN_VPN = reject(StatusCode.ConfigurationConflict, 'this server has no VPN of that name');

/** RFC 8415 §21.4 to §21.6, §21.21 and §21.22. */
const WRONG_IA = reject(StatusCode.UnspecFail, 'a prefix in an IA of addresses, or an address in an IA_PD');

const TOO_LARGE = reject(StatusCode.UnspecFail, `more than ${LEASES_RECEIVED_MAX} leases in one update`);

function readClientData(data: ClientData): ReceivedUpdate {
  if (data.vss !== undefined) return { overall: UNKNOWN_VPN, leases: [] };
  if (data.clientId === undefined || data.clientId.length === 0) {
    return { overall: missing('no OPTION_CLIENTID'), leases: [] };
  }
  if (isTooLarge(data)) return { overall: TOO_LARGE, leases: [] };
  const { clientId, baseTime } = data;
  let leases: (ReceivedLease | Status)[] = [];
  for (const ia of data.ias) {
    const client = { duid: clientId, iaKind: ia.kind, iaid: ia.iaid, data, ia };
    for (const info of ia.leases) {
      const fits = (info.kind === 'prefix') === (ia.kind === 'IA_PD');
      leases = added(leases, fits ? readLease(info, baseTime, client) : WRONG_IA);
    }
  }
  return leases.length === 0 ? { overall: missing('no address and no prefix'), leases } : { leases };
}

function readLease(
  info: LeaseInfo,
  baseTime: number | undefined,
  client: ReceivedLease['client'],
): ReceivedLease | Status {
  if (info.extra?.some(({ code }) => code === OptionCode.F_DNS_REMOVAL_INFO)) {
    return reject(StatusCode.DNSUpdateNotSupported, 'this server updates no DNS');
  }
  const status = bindingStatusOf(info.bindingStatus ?? 0);
  if (status === undefined) return missing('no OPTION_F_BINDING_STATUS that is defined');
  const { startTimeOfState } = info;
  if (startTimeOfState === undefined) return missing('no OPTION_F_START_TIME_OF_STATE');
  if (info.cltTime !== undefined && baseTime === undefined) return missing('no OPTION_LQ_BASE_TIME');
  if (status === 'ACTIVE' && client === undefined) return missing('no client of an ACTIVE lease');
  if (status === 'ACTIVE' && info.stateExpirationTime === undefined) {
    return missing('no OPTION_F_STATE_EXPIRATION_TIME of an ACTIVE lease');
  }
  return {
    status,
    client,
    cltTime: info.cltTime === undefined ? undefined : addSeconds(baseTime as number, -info.cltTime),
    startTimeOfState,
    stateExpirationTime: info.stateExpirationTime,
    info,
  };
}

/** What is on record, if that says the same, so that it stays where it is in memory: most updates are renewals. */
function holderOf({ info, client }: ReceivedLease, known: Holder | undefined): Holder | undefined {
  if (client === undefined) return undefined;
  const { duid, iaKind, iaid, ia, data } = client;
  const { t1, t2 } = ia;
  const { preferredLifetime, validLifetime, clientFqdn } = info;
  const { relayData, reconfigureData } = data;
  const same =
    known !== undefined &&
    known.t1 === t1 &&
    known.t2 === t2 &&
    known.preferredLifetime === preferredLifetime &&
    known.validLifetime === validLifetime &&
    sameClientIa(known, client) &&
    sameOctets(known.clientFqdn, clientFqdn) &&
    sameOctets(known.relayData?.peerAddress, relayData?.peerAddress) &&
    sameOctets(known.relayData?.message, relayData?.message) &&
    known.reconfigureData?.time === reconfigureData?.time &&
    sameOctets(known.reconfigureData?.key, reconfigureData?.key);
  if (same) return known;
  return {
    duid,
    iaKind,
    iaid,
    t1,
    t2,
    preferredLifetime,
    validLifetime,
    clientFqdn,
    relayData,
    reconfigureData,
  };
}

function sameOctets(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equalBytes(a, b);
}

/** The lease after accepting `received`. `now` absolute. */
export function accept(known: Lease | undefined, received: ReceivedLease, now: number): Lease {
  switch (received.status) {
    case 'ACTIVE':
      return acceptActive(known, received, received.client as ClientIa);
    case 'EXPIRED':
    case 'RELEASED':
    case 'RESET':
    case 'PENDING-FREE':
      // Both servers know that the client is gone: PENDING-FREE, which is FREE at once (§7.2, figure 3).
      return withoutTimes(known, received, 'FREE', known?.status === 'FREE' ? known.startTimeOfState : now);
    case 'FREE':
    case 'FREE-BACKUP':
      return withoutTimes(known, received, received.status, received.startTimeOfState);
    case 'ABANDONED': {
      const lease = withoutTimes(known, received, 'ABANDONED', received.startTimeOfState);
      const { stateExpirationTime, partnerLifetime } = received.info;
      return {
        ...lease,
        ...(stateExpirationTime !== undefined && { stateExpirationTime }),
        ...(partnerLifetime !== undefined && { expirationTime: partnerLifetime }),
      };
    }
  }
}

function acceptActive(known: Lease | undefined, received: ReceivedLease, client: ClientIa): Lease {
  const same = known?.holder !== undefined && sameClientIa(known.holder, client) ? known : undefined;
  const { info, cltTime } = received;
  // §7.3: the greatest that was ever acknowledged, also where a second update about the lease says less.
  const expirationTime = latest(same?.expirationTime, info.partnerLifetime);
  const partnerRawCltTime = cltTime ?? same?.partnerRawCltTime;
  const clientLastTransactionTime = latest(same?.clientLastTransactionTime, info.partnerRawCltTime);
  const partnerLifetime = latest(same?.partnerLifetime, unlessZero(info.expirationTime));
  const ours = same !== undefined && keepsOwnPromise(same, received);
  return {
    kind: info.kind,
    address: known?.address ?? info.address,
    prefixLength: info.prefixLength,
    status: 'ACTIVE',
    holder: ours ? same.holder : holderOf(received, known?.holder),
    expirationTime,
    ackedPartnerLifetime: same?.status === 'ACTIVE' ? same.ackedPartnerLifetime : undefined,
    partnerLifetime,
    clientLastTransactionTime,
    partnerRawCltTime,
    startTimeOfState: received.startTimeOfState,
    stateExpirationTime: ours ? same.stateExpirationTime : info.stateExpirationTime,
    updateNeeded: ours,
    updateSent: ours && same.updateSent,
    rejectedWith: undefined,
  };
}

/**
 * Both servers renewed the lease. The update is accepted (footnote 3 of figure 4), but what the client was told last stays:
 * ours, if it is later and the partner has yet to learn of it. Within 5 seconds (§7.5.1) both may have answered the same
 * message, and which answer the client took nobody can tell: then the longer promise stays.
 */
function keepsOwnPromise(same: Lease, received: ReceivedLease): boolean {
  if (same.status !== 'ACTIVE' || same.stateExpirationTime === undefined) return false;
  const own = same.clientLastTransactionTime;
  if (own === undefined) return false;
  const { cltTime, startTimeOfState, info } = received;
  if (cltTime !== undefined && isSameTime(own, cltTime)) {
    const theirEnd = info.stateExpirationTime as number;
    if (!isSameTime(same.stateExpirationTime, theirEnd)) return isAfter(same.stateExpirationTime, theirEnd);
  }
  return same.updateNeeded && isAfter(own, cltTime ?? startTimeOfState);
}

/** A lease that is nobody's: the last client stays as a hint, and no promise is left (§7.2). */
function withoutTimes(
  known: Lease | undefined,
  received: ReceivedLease,
  status: Lease['status'],
  startTimeOfState: number,
): Lease {
  const { info, cltTime } = received;
  const holder = holderOf(received, known?.holder) ?? known?.holder;
  const same =
    known?.holder !== undefined &&
    (received.client === undefined || sameClientIa(known.holder, received.client));
  const clientLastTransactionTime = latest(
    same ? known.clientLastTransactionTime : undefined,
    info.partnerRawCltTime,
  );
  const partnerRawCltTime = cltTime ?? (same ? known.partnerRawCltTime : undefined);
  return {
    kind: info.kind,
    address: known?.address ?? info.address,
    prefixLength: info.prefixLength,
    status,
    ...(holder && { holder }),
    startTimeOfState,
    ...(partnerRawCltTime !== undefined && { partnerRawCltTime }),
    ...(clientLastTransactionTime !== undefined && { clientLastTransactionTime }),
    updateNeeded: false,
    updateSent: false,
  };
}

/** EXPIRATION_TIME is 0 while nothing was ever acknowledged. */
function unlessZero(time: number | undefined): number | undefined {
  return time === 0 ? undefined : time;
}

function latest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b;
  return b === undefined ? a : laterOf(a, b);
}
