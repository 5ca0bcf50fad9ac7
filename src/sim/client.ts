/**
 * A DHCPv6 client without sockets and clocks (RFC 8415 §18.2): IA_NA and IA_PD from SOLICIT to RELEASE. It does what a
 * correct client does and says what it believes it holds; the simulator's invariants and the lab's statistics rest on
 * that. Used with a relay agent around it by relay.ts.
 */
import { equalBytes } from '../base/bytes.ts';
import type { Random } from '../base/clock.ts';
import { OptionCode, StatusCode } from '../wire/codes.ts';
import { decodeDhcpv6Message, encodeDhcpv6Message } from '../wire/dhcpv6.ts';
import type { ClientMessageType, ClientServerMessage, Ia } from '../wire/dhcpv6-messages.ts';
import { asked, ClientBindings, type HeldLease, ia, sameLease, type WantedIa } from './client-leases.ts';
import {
  FIRST_MESSAGE_DELAY_MAX,
  RETRANSMISSION,
  Retransmission,
  type RetransmissionParameters,
} from './retransmission.ts';

export interface ClientConfig {
  readonly duid: Uint8Array;
  readonly ias: readonly WantedIa[];
  readonly rapidCommit: boolean;
}

export type ClientInput =
  | { readonly kind: 'start' }
  /** A datagram without relay agents around it. */
  | { readonly kind: 'datagram'; readonly bytes: Uint8Array }
  /** Gives everything back and stops. */
  | { readonly kind: 'release' }
  /** Somebody else uses this address of ours. */
  | { readonly kind: 'decline'; readonly address: Uint8Array }
  /** The link may have changed (§18.2.3, §18.2.12). */
  | { readonly kind: 'link-changed' }
  /** Power is cut: everything is forgotten, nobody is told. */
  | { readonly kind: 'power-off' }
  | { readonly kind: 'tick' };

export type ClientOutput =
  | { readonly kind: 'send'; readonly type: ClientMessageType; readonly bytes: Uint8Array }
  /** Taken into use, or used longer. */
  | { readonly kind: 'holds'; readonly lease: HeldLease }
  /** No longer used. */
  | { readonly kind: 'drops'; readonly lease: HeldLease; readonly why: string };

type ExchangeType = keyof typeof RETRANSMISSION;

/** A message that waits for its answer. */
interface Exchange {
  readonly type: ExchangeType;
  readonly transactionId: number;
  readonly retransmission: Retransmission;
  /** For REQUEST, RENEW, RELEASE, DECLINE. */
  readonly serverId?: Uint8Array;
  /** For RELEASE, DECLINE and the REQUEST after an ADVERTISE: what is spoken of. Else what is held. */
  readonly ias?: readonly Ia[];
  /** Best ADVERTISE so far. */
  offer?: ClientServerMessage;
}

/** Before discovery begins anew because nothing usable was to be had (§14.1). */
const RESTART_DELAY_MILLIS = 10_000;
const PREFERENCE_MAX = 255;
const NEVER = Number.POSITIVE_INFINITY;

export class Dhcpv6Client {
  readonly config: ClientConfig;
  private readonly random: Random;
  private readonly bindings: ClientBindings;
  private exchange: Exchange | undefined;
  /** Server of the last REPLY. */
  private serverId: Uint8Array | undefined;
  /** What is to begin later, and when. */
  private planned: { readonly what: 'discover' | 'verify'; readonly at: number } | undefined;
  private running = false;
  private outputs: ClientOutput[] = [];

  constructor(config: ClientConfig, random: Random) {
    this.config = config;
    this.random = random;
    this.bindings = new ClientBindings(config.ias);
  }

  /** `now`: milliseconds of the client's own clock, never going back. */
  handle(input: ClientInput, now: number): ClientOutput[] {
    this.outputs = [];
    this.expire(now);
    switch (input.kind) {
      case 'start':
        if (!this.running) this.planned = { what: 'discover', at: this.soon(now) };
        this.running = true;
        break;
      case 'datagram':
        this.receive(input.bytes, now);
        break;
      case 'release':
        this.release(now);
        break;
      case 'decline':
        this.decline(input.address, now);
        break;
      case 'link-changed':
        if (this.running && this.planned === undefined) this.planned = { what: 'verify', at: this.soon(now) };
        break;
      case 'power-off':
        this.stop();
        this.dropAll('power off');
        break;
      case 'tick':
        break;
    }
    this.catchUp(now);
    return this.outputs;
  }

  /** When to be ticked next. */
  deadline(): number | undefined {
    const { exchange, bindings } = this;
    const next = Math.min(
      this.planned?.at ?? NEVER,
      exchange?.retransmission.due ?? NEVER,
      exchange === undefined ? bindings.renewAt : NEVER,
      exchange === undefined || exchange.type === 'RENEW' ? bindings.rebindAt : NEVER,
      bindings.nextExpiry,
    );
    return next === NEVER ? undefined : next;
  }

  /** What the client believes that it may use now. */
  held(now: number): HeldLease[] {
    return this.bindings.held(now);
  }

  /** What it is doing, for views. */
  get doing(): ExchangeType | 'bound' | 'off' {
    if (this.exchange !== undefined) return this.exchange.type;
    return this.bindings.nextExpiry < NEVER ? 'bound' : 'off';
  }

  private expire(now: number): void {
    for (const lease of this.bindings.expire(now))
      this.outputs.push({ kind: 'drops', lease, why: 'valid lifetime' });
  }

  /** Begins or repeats what is due. */
  private catchUp(now: number): void {
    const { planned, exchange, bindings } = this;
    if (planned !== undefined && planned.at <= now) {
      this.planned = undefined;
      if (planned.what === 'discover') this.discover(now);
      else this.verify(now);
    } else if (exchange === undefined || exchange.type === 'RENEW' || exchange.type === 'REBIND') {
      if (bindings.nextExpiry === NEVER) {
        if (this.running && planned === undefined) this.discover(now);
      } else if (exchange?.type !== 'REBIND' && bindings.rebindAt <= now) this.begin('REBIND', now);
      else if (exchange === undefined && bindings.renewAt <= now) this.begin('RENEW', now);
      else if (exchange !== undefined && exchange.retransmission.due <= now) this.timeout(exchange, now);
    } else if (exchange.retransmission.due <= now) this.timeout(exchange, now);
  }

  private timeout(exchange: Exchange, now: number): void {
    // §18.2.1: offers are collected until the first timeout ends.
    if (exchange.offer !== undefined) this.request(exchange.offer, now);
    else if (exchange.retransmission.again(now)) this.transmit(exchange, now);
    else {
      // The exchange has failed: leases are used on (§18.2.3), and without any all begins anew.
      this.exchange = undefined;
      this.catchUp(now);
    }
  }

  private discover(now: number): void {
    this.dropAll('discovery begins anew');
    this.serverId = undefined;
    this.begin('SOLICIT', now);
  }

  private request(offer: ClientServerMessage, now: number): void {
    const { serverId } = offer;
    if (serverId === undefined) return;
    const offered = offer.ias.map((each) => ({ ...each, t1: 0, t2: 0, leases: each.leases.map(asked) }));
    const ias = this.bindings
      .toIas(now, true)
      .map((mine) => offered.find((other) => other.kind === mine.kind && other.iaid === mine.iaid) ?? mine)
      .map(({ kind, iaid, t1, t2, leases }) => ({ kind, iaid, t1, t2, leases }));
    this.begin('REQUEST', now, { serverId, ias });
  }

  private release(now: number): void {
    const { serverId } = this;
    const ias = this.bindings.toIas(now, false);
    this.stop();
    this.dropAll('released');
    if (serverId !== undefined && ias.length > 0) this.begin('RELEASE', now, { serverId, ias });
  }

  private decline(address: Uint8Array, now: number): void {
    const { serverId } = this;
    const dropped = this.bindings.drop(
      (lease) => lease.kind === 'address' && equalBytes(lease.address, address),
    );
    const first = dropped[0];
    if (first === undefined || serverId === undefined) return;
    for (const lease of dropped) this.outputs.push({ kind: 'drops', lease, why: 'declined' });
    this.begin('DECLINE', now, {
      serverId,
      ias: [ia({ kind: first.iaKind, iaid: first.iaid }, dropped.map(asked))],
    });
  }

  /** §18.2.12: CONFIRM if there are addresses only, REBIND with the same timing if there are prefixes. */
  private verify(now: number): void {
    const held = this.bindings.held(now);
    if (held.length === 0) return;
    const prefixes = held.some(({ kind }) => kind === 'prefix');
    this.begin(prefixes ? 'REBIND' : 'CONFIRM', now, {}, RETRANSMISSION.CONFIRM);
  }

  private begin(
    type: ExchangeType,
    now: number,
    about: Pick<Exchange, 'serverId' | 'ias'> = {},
    timing: RetransmissionParameters = RETRANSMISSION[type],
  ): void {
    const serverId = about.serverId ?? (type === 'RENEW' ? this.serverId : undefined);
    this.exchange = {
      type,
      transactionId: this.random.below(2 ** 24),
      retransmission: new Retransmission(timing, this.random, now, type === 'SOLICIT'),
      ...(serverId === undefined ? {} : { serverId }),
      ...(about.ias === undefined ? {} : { ias: about.ias }),
    };
    this.transmit(this.exchange, now);
  }

  private transmit({ type, transactionId, serverId, ias, retransmission }: Exchange, now: number): void {
    const message: ClientServerMessage = {
      type,
      transactionId,
      clientId: this.config.duid,
      ...(serverId === undefined ? {} : { serverId }),
      ...(type === 'SOLICIT' && this.config.rapidCommit ? { rapidCommit: true } : {}),
      elapsedTime: retransmission.elapsed(now),
      ...(type === 'RELEASE' || type === 'DECLINE' || type === 'CONFIRM'
        ? {}
        : { requestedOptions: [OptionCode.SOL_MAX_RT] }),
      ias: ias ?? this.bindings.toIas(now, type !== 'CONFIRM'),
    };
    this.outputs.push({ kind: 'send', type, bytes: encodeDhcpv6Message(message) });
  }

  private receive(bytes: Uint8Array, now: number): void {
    const { message } = decodeDhcpv6Message(bytes);
    const { exchange } = this;
    if (exchange === undefined || !('transactionId' in message)) return;
    if (message.transactionId !== exchange.transactionId || message.serverId === undefined) return;
    if (message.clientId === undefined || !equalBytes(message.clientId, this.config.duid)) return;
    if (message.type === 'ADVERTISE' && exchange.type === 'SOLICIT') this.advertised(exchange, message, now);
    else if (message.type === 'REPLY') this.replied(exchange, message, now);
  }

  private advertised(exchange: Exchange, offer: ClientServerMessage, now: number): void {
    if (offer.status !== undefined && offer.status.code !== StatusCode.Success) return;
    if (leasesIn(offer) === 0) return;
    if (exchange.offer === undefined || isBetter(offer, exchange.offer)) exchange.offer = offer;
    if (offer.preference === PREFERENCE_MAX || !exchange.retransmission.isFirst)
      this.request(exchange.offer, now);
  }

  private replied(exchange: Exchange, reply: ClientServerMessage, now: number): void {
    const code = reply.status?.code ?? StatusCode.Success;
    switch (exchange.type) {
      case 'SOLICIT':
        if (reply.rapidCommit === true && this.config.rapidCommit) this.leased(exchange, reply, now);
        return;
      case 'REQUEST':
      case 'RENEW':
      case 'REBIND':
        if (code !== StatusCode.UnspecFail) this.leased(exchange, reply, now);
        return;
      case 'CONFIRM':
        this.exchange = undefined;
        if (code === StatusCode.NotOnLink) this.planned = { what: 'discover', at: now };
        return;
      case 'RELEASE':
      case 'DECLINE':
        this.exchange = undefined;
        return;
    }
  }

  /** §18.2.10.1 */
  private leased(exchange: Exchange, reply: ClientServerMessage, now: number): void {
    const before = this.bindings.held(now);
    const answered = this.bindings.update(reply.ias, now);
    this.serverId = reply.serverId;
    this.tellChanges(before, now);
    const held = this.bindings.held(now);
    const extends_ = exchange.type === 'RENEW' || exchange.type === 'REBIND';
    if (extends_ && answered.some(({ status }) => status?.code === StatusCode.NoBinding)) {
      this.begin('REQUEST', now, reply.serverId === undefined ? {} : { serverId: reply.serverId });
      return;
    }
    // An IA that was not answered waits for the next transmission, as if there had been no REPLY.
    if (
      extends_ &&
      held.some((lease) => !answered.some((each) => each.kind === lease.iaKind && each.iaid === lease.iaid))
    )
      return;
    this.exchange = undefined;
    if (held.length > 0) return;
    const delay = RESTART_DELAY_MILLIS * (1 + this.random.fraction());
    this.planned = { what: 'discover', at: now + delay };
  }

  private tellChanges(before: readonly HeldLease[], now: number): void {
    const held = this.bindings.held(now);
    for (const lease of before) {
      if (!held.some((other) => sameLease(lease, other))) {
        this.outputs.push({ kind: 'drops', lease, why: 'withdrawn by the server' });
      }
    }
    for (const lease of held) if (!before.includes(lease)) this.outputs.push({ kind: 'holds', lease });
  }

  private soon(now: number): number {
    return now + this.random.fraction() * FIRST_MESSAGE_DELAY_MAX;
  }

  private stop(): void {
    this.exchange = undefined;
    this.planned = undefined;
    this.serverId = undefined;
    this.running = false;
  }

  private dropAll(why: string): void {
    for (const lease of this.bindings.drop(() => true)) this.outputs.push({ kind: 'drops', lease, why });
  }
}

function leasesIn({ ias }: ClientServerMessage): number {
  return ias.reduce((count, { leases }) => count + leases.length, 0);
}

/** §18.2.9: by preference, then by what is offered. */
function isBetter(a: ClientServerMessage, b: ClientServerMessage): boolean {
  const preference = (a.preference ?? 0) - (b.preference ?? 0);
  return preference !== 0 ? preference > 0 : leasesIn(a) > leasesIn(b);
}
