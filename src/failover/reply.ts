/** What a BNDREPLY says of each lease that its BNDUPD was about (RFC 8156 §7.6, §7.7). */
import { StatusCode } from '../wire/codes.ts';
import type { Binding, LeaseInfo, Status } from '../wire/messages.ts';
import { resourceKey } from './lease.ts';

export interface Answer {
  /** Status code of the rejection; `undefined`: accepted. */
  readonly rejectedWith?: number;
  readonly message?: string;
  readonly partnerLifetimeSent?: number;
}

export interface Answers {
  /** The answer about the lease with this key; one that the reply leaves out was not accepted. */
  of(key: string): Answer;
}

const LEFT_OUT: Answer = { rejectedWith: StatusCode.UnspecFail, message: 'left out of the BNDREPLY' };

/** Reads the statuses of all levels: of the whole message, of the client or prefix, of the IA, of the lease. */
export function readReply(reply: Binding): Answers {
  const byKey = new Map<string, Answer>();
  const overall = rejection(reply.status) ?? rejection(reply.clientData?.status);
  if (overall !== undefined) return { of: () => overall };
  for (const ia of reply.clientData?.ias ?? []) {
    const whole = rejection(ia.status);
    for (const lease of ia.leases) byKey.set(resourceKey(lease), whole ?? answerOf(lease));
  }
  if (reply.prefixLease !== undefined) byKey.set(resourceKey(reply.prefixLease), answerOf(reply.prefixLease));
  return { of: (key) => byKey.get(key) ?? LEFT_OUT };
}

function answerOf(lease: LeaseInfo): Answer {
  const rejected = rejection(lease.status);
  if (rejected !== undefined) return rejected;
  const { partnerLifetimeSent } = lease;
  return partnerLifetimeSent === undefined ? {} : { partnerLifetimeSent };
}

/** A status of Success is for people only (§7.6). */
function rejection(status: Status | undefined): Answer | undefined {
  if (status === undefined || status.code === StatusCode.Success) return undefined;
  return { rejectedWith: status.code, message: `${status.message} (status ${status.code})` };
}
