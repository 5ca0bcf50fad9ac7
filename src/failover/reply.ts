/** What a BNDREPLY says of each lease that its BNDUPD was about (RFC 8156 §7.6, §7.7). */
import { StatusCode } from '../wire/codes.ts';
import type { Binding, LeaseInfo, Status } from '../wire/messages.ts';
import { type Resource, sameResource } from './lease.ts';

export interface Answer {
  /** Status code of the rejection; `undefined`: accepted. */
  readonly rejectedWith?: number;
  readonly message?: string;
  readonly partnerLifetimeSent?: number;
}

export interface Answers {
  /** The answer about this address or prefix; one that the reply leaves out was not accepted. */
  of(resource: Resource): Answer;
}

const LEFT_OUT: Answer = { rejectedWith: StatusCode.UnspecFail, message: 'left out of the BNDREPLY' };

/** Reads the statuses of all levels: of the whole message, of the client or prefix, of the IA, of the lease. */
export function readReply(reply: Binding): Answers {
  const overall = rejection(reply.status) ?? rejection(reply.clientData?.status);
  return { of: (resource) => overall ?? answerAbout(reply, resource) ?? LEFT_OUT };
}

/** A BNDREPLY is about few leases, so the search is short. */
function answerAbout({ clientData, prefixLease }: Binding, resource: Resource): Answer | undefined {
  if (clientData !== undefined) {
    for (const ia of clientData.ias) {
      for (const lease of ia.leases) {
        if (sameResource(lease, resource)) return rejection(ia.status) ?? answerOf(lease);
      }
    }
  }
  if (prefixLease !== undefined && sameResource(prefixLease, resource)) return answerOf(prefixLease);
  return undefined;
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
