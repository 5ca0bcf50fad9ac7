/**
 * The DHCPv6 service as a pure function: a datagram, where it came from, what the failover endpoint says about leases,
 * and the time; out come the answer and the changes that must be on stable storage before it may leave (RFC 8415 §18.3
 * under RFC 8156). It keeps nothing between two datagrams.
 */
import { prefixContains } from '../base/ipv6.ts';
import { DHCPV6_CLIENT_PORT, DHCPV6_SERVER_PORT } from '../base/ports.ts';
import type { ClientLeases } from '../failover/client-leases.ts';
import type { LeaseChange } from '../failover/io.ts';
import type { Holder } from '../failover/lease.ts';
import { StatusCode } from '../wire/codes.ts';
import { decodeDhcpv6Message, encodeDhcpv6Message } from '../wire/dhcpv6.ts';
import type { ClientServerMessage, Ia, RelayMessage } from '../wire/dhcpv6-messages.ts';
import type { IaLease, Status } from '../wire/messages.ts';
import { linkAddressOf, type Relayed, relayDataOf, unwrapRelays, wrapForRelays } from './dhcpv6-relay.ts';
import { type ClientMessage, excessOf, isFromClient, reasonToDiscard } from './dhcpv6-validate.ts';
import type { ServiceConfig, ServiceLink } from './service-config.ts';
import {
  assign,
  giveBack,
  type IaAnswer,
  noBinding,
  notOnLink,
  rebind,
  renew,
  type Turn,
} from './service-ias.ts';
import { configuredOptions } from './service-options.ts';

/** Where a datagram came from. */
export interface Arrival {
  /** Source address, 16 octets. */
  readonly source: Uint8Array;
  /** Address of ours on the link that it came from, 16 octets: tells the link of a link-local address. */
  readonly local?: Uint8Array;
  /** Whether it was sent to a multicast address; absent where the system does not tell. */
  readonly multicast?: boolean;
}

export type ServiceResult =
  /** Nothing is answered; why, for logs and counters. */
  | { readonly kind: 'none'; readonly why: string }
  | {
      readonly kind: 'answer';
      /** The datagram for the source of the request; see Writer.take for how long to keep it. */
      readonly bytes: Uint8Array;
      /** UDP port at the source address; `source`: the one that the request came from (RFC 8357 §5.2). */
      readonly port: typeof DHCPV6_CLIENT_PORT | typeof DHCPV6_SERVER_PORT | 'source';
      readonly message: ClientServerMessage;
      /** Whose endpoint makes the changes and then lets the answer go. */
      readonly relationship: number;
      /** To be stored before the answer leaves; may be empty. */
      readonly changes: readonly LeaseChange[];
    };

export class Dhcpv6Service {
  private readonly config: ServiceConfig;
  private readonly leasesOf: (relationship: number) => ClientLeases;

  constructor(config: ServiceConfig, leasesOf: (relationship: number) => ClientLeases) {
    this.config = config;
    this.leasesOf = leasesOf;
  }

  /** `now` is the time as the endpoints have it. */
  handle(datagram: Uint8Array, arrival: Arrival, now: number): ServiceResult {
    const relayed = unwrapRelays(decodeDhcpv6Message(datagram).message);
    if (typeof relayed === 'string') return discarded(relayed);
    const { message, relays } = relayed;
    if (!isFromClient(message)) return discarded(`${message.type} is not for servers`);
    const why = reasonToDiscard(message, this.config.serverId);
    if (why !== undefined) return discarded(why);
    if (relays.length === 0 && arrival.multicast === false) {
      return discarded(`${message.type} of a client to a unicast address (RFC 8415 §18.4)`);
    }
    const link = this.linkOf(relayed, arrival);
    if (link === undefined) return discarded('from a link that is not configured');
    const leases = this.leasesOf(link.relationship);
    const silence = reasonForSilence(message, leases, now);
    if (silence !== undefined) return discarded(silence);

    const turn: Turn = { link, leases, duid: message.clientId ?? new Uint8Array(0), now, taken: [] };
    const worked = this.work(turn, message);
    if (typeof worked === 'string') return discarded(worked);
    const { answer, answers } = worked;
    const changes = [...worked.changes];
    if (worked.commit) {
      const relayData = relayDataOf(relays, arrival.source);
      const extras = {
        ...(relayData === undefined ? {} : { relayData }),
        ...(message.clientFqdn === undefined ? {} : { clientFqdn: message.clientFqdn }),
      };
      changes.push(...bindings(turn, answers, extras));
    }
    return {
      kind: 'answer',
      bytes: encodeDhcpv6Message(wrapForRelays(answer, relays)),
      port: answerPort(relays),
      message: answer,
      relationship: link.relationship,
      changes,
    };
  }

  /** RFC 8415 §13.1: a client that came directly is on the link of its own address, if that says so. */
  private linkOf({ relays }: Relayed, { source, local }: Arrival): ServiceLink | undefined {
    const told = relays.length > 0 ? [linkAddressOf(relays)] : [source, local];
    return told
      .map((address) => this.config.links.find(({ prefix }) => address && prefixContains(prefix, address)))
      .find((link) => link !== undefined);
  }

  private work(turn: Turn, message: ClientMessage): Worked | string {
    const excess = excessOf(message);
    if (excess !== undefined) {
      const status = { code: StatusCode.UnspecFail, message: excess };
      return this.reply(message, [], message.type === 'SOLICIT' ? { type: 'ADVERTISE', status } : { status });
    }
    switch (message.type) {
      case 'SOLICIT': {
        const commit = message.rapidCommit === true && this.config.rapidCommit;
        const answers = iasOf(message).map((ia) => assign(turn, ia));
        return commit
          ? this.reply(message, answers, { rapidCommit: true })
          : { ...this.reply(message, answers, this.advertised()), commit: false };
      }
      case 'REQUEST':
        return this.reply(
          message,
          iasOf(message).map((ia) => (notOnLink(turn, ia) ? offLink(ia) : assign(turn, ia))),
        );
      case 'RENEW':
      case 'REBIND': {
        const extend = message.type === 'RENEW' ? renew : rebind;
        const answers = iasOf(message).flatMap((ia) => extend(turn, ia) ?? []);
        return answers.length > 0 ? this.reply(message, answers) : `no lease that ${message.type} may extend`;
      }
      case 'RELEASE':
      case 'DECLINE':
        return this.takeBack(turn, message);
      case 'CONFIRM':
        return this.confirm(turn, message);
      case 'INFORMATION-REQUEST':
        return this.reply(message, []);
    }
  }

  private advertised(): Partial<ClientServerMessage> {
    const { preference } = this.config;
    return { type: 'ADVERTISE', ...(preference === 0 ? {} : { preference }) };
  }

  private takeBack(turn: Turn, message: ClientMessage): Worked {
    const kind = message.type === 'RELEASE' ? 'release' : 'decline';
    const changes: LeaseChange[] = [];
    const unbound: IaAnswer[] = [];
    for (const ia of iasOf(message)) {
      // Only addresses can be declined (RFC 8415 §18.2.8).
      if (kind === 'decline' && ia.kind === 'IA_PD') continue;
      const given = giveBack(turn, ia, kind);
      if (given === undefined) unbound.push(noBinding(ia));
      else changes.push(...given);
    }
    const status: Status = { code: StatusCode.Success, message: '' };
    return { ...this.reply(message, unbound, { status }), changes };
  }

  private confirm(turn: Turn, message: ClientMessage): Worked | string {
    const ias = iasOf(message).filter(({ kind }) => kind !== 'IA_PD');
    if (!ias.some(({ leases }) => leases.length > 0)) return 'CONFIRM without addresses (RFC 8415 §18.3.3)';
    const code = ias.some((ia) => notOnLink(turn, ia)) ? StatusCode.NotOnLink : StatusCode.Success;
    return this.reply(message, [], { status: { code, message: '' } });
  }

  private reply(
    request: ClientMessage,
    answers: readonly IaAnswer[],
    more: Partial<ClientServerMessage> = {},
  ): Worked {
    const { clientId } = request;
    const answer: ClientServerMessage = {
      type: 'REPLY',
      transactionId: request.transactionId,
      ...(clientId === undefined ? {} : { clientId }),
      serverId: this.config.serverId,
      ...configuredOptions(this.config, request),
      ias: answeredIas(answers),
      ...more,
    };
    return { answer, answers, changes: [], commit: true };
  }
}

/** An answer before its bindings are told. */
interface Worked {
  readonly answer: ClientServerMessage;
  readonly answers: readonly IaAnswer[];
  readonly changes: readonly LeaseChange[];
  /** Whether what is granted is to be bound; an ADVERTISE binds nothing. */
  readonly commit: boolean;
}

function answerPort(
  relays: readonly RelayMessage[],
): typeof DHCPV6_CLIENT_PORT | typeof DHCPV6_SERVER_PORT | 'source' {
  const nearest = relays[0];
  if (nearest === undefined) return DHCPV6_CLIENT_PORT;
  return nearest.relayPort === undefined ? DHCPV6_SERVER_PORT : 'source';
}

function discarded(why: string): ServiceResult {
  return { kind: 'none', why };
}

/** What the state of the endpoint forbids to answer (RFC 8156, glossary and §8.7.1). */
function reasonForSilence(message: ClientMessage, leases: ClientLeases, now: number): string | undefined {
  const responsiveness = leases.responsiveness(now);
  if (responsiveness === 'unresponsive') return 'unresponsive in this state';
  if (responsiveness === 'renew-responsive') {
    if (message.serverId === undefined) return 'renew responsive: not directed to this server';
    if (message.type !== 'RENEW' && !leases.mayAllocate(now)) return 'only RENEW is answered in this state';
  }
  return undefined;
}

/** The IAs of a message, each kind and IAID once. */
function iasOf({ ias }: ClientServerMessage): readonly Ia[] {
  if (ias.length < 2) return ias;
  return ias.filter(
    ({ kind, iaid }, index) => ias.findIndex((other) => other.kind === kind && other.iaid === iaid) === index,
  );
}

function offLink(ia: Ia): IaAnswer {
  const status = { code: StatusCode.NotOnLink, message: 'an address is not for this link' };
  return { ia, granted: [], withdrawn: [], status };
}

/** T1 and T2 as RFC 8415 §21.4 recommends, the same for all IAs of an answer (§18.3.2). */
function renewalTimes(answers: readonly IaAnswer[]): { readonly t1: number; readonly t2: number } {
  let shortest = Number.POSITIVE_INFINITY;
  for (const { granted } of answers) {
    for (const { preferredLifetime } of granted) shortest = Math.min(shortest, preferredLifetime);
  }
  if (shortest === Number.POSITIVE_INFINITY) return { t1: 0, t2: 0 };
  return { t1: Math.floor(shortest * 0.5), t2: Math.floor(shortest * 0.8) };
}

function answeredIas(answers: readonly IaAnswer[]): Ia[] {
  const { t1, t2 } = renewalTimes(answers);
  return answers.map(({ ia: { kind, iaid }, granted, withdrawn, status }) => {
    const leases: IaLease[] = [
      ...granted.map(({ resource: { kind, address, prefixLength }, preferredLifetime, validLifetime }) => ({
        kind,
        address,
        prefixLength,
        preferredLifetime,
        validLifetime,
      })),
      ...withdrawn.map(({ kind, address, prefixLength }) => ({
        kind,
        address,
        prefixLength,
        preferredLifetime: 0,
        validLifetime: 0,
      })),
    ];
    const times = granted.length > 0 ? { t1, t2 } : { t1: 0, t2: 0 };
    return { kind, iaid, ...times, leases, ...(status === undefined ? {} : { status }) };
  });
}

function bindings(
  turn: Turn,
  answers: readonly IaAnswer[],
  extras: Pick<Holder, 'relayData' | 'clientFqdn'>,
): LeaseChange[] {
  const { t1, t2 } = renewalTimes(answers);
  return answers.flatMap(({ ia: { kind: iaKind, iaid }, granted }) =>
    granted.map(({ resource, preferredLifetime, validLifetime }) => ({
      kind: 'bind' as const,
      resource,
      holder: { duid: turn.duid, iaKind, iaid, t1, t2, preferredLifetime, validLifetime, ...extras },
      desiredLifetime: turn.link.validLifetimeSeconds,
    })),
  );
}
