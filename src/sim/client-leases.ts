/**
 * What a DHCPv6 client believes it holds: its IAs with their leases until the valid lifetimes end, and when to renew
 * (RFC 8415 §18.2.4, §18.2.5, §18.2.10.1). Times are the client's own clock, milliseconds.
 */
import { equalBytes } from '../base/bytes.ts';
import type { Ia } from '../wire/dhcpv6-messages.ts';
import type { IaLease } from '../wire/messages.ts';

/** A lease in the client's own view. */
export interface HeldLease {
  readonly iaKind: 'IA_NA' | 'IA_PD';
  readonly iaid: number;
  readonly kind: 'address' | 'prefix';
  /** 16 octets. */
  readonly address: Uint8Array;
  /** Bits. */
  readonly prefixLength: number;
  readonly preferredUntil: number;
  readonly validUntil: number;
}

/** An IA that the client wants. */
export interface WantedIa {
  readonly kind: 'IA_NA' | 'IA_PD';
  readonly iaid: number;
  /** For IA_PD: the prefix length that it would like. */
  readonly prefixLength?: number;
}

const INFINITY_SECONDS = 0xffffffff;

interface HeldIa {
  readonly wanted: WantedIa;
  leases: HeldLease[];
  /** T1 and T2 as times; infinite while there is no lease. */
  t1: number;
  t2: number;
}

export class ClientBindings {
  private readonly ias: HeldIa[];

  constructor(wanted: readonly WantedIa[]) {
    this.ias = wanted.map((ia) => ({
      wanted: ia,
      leases: [],
      t1: Number.POSITIVE_INFINITY,
      t2: Number.POSITIVE_INFINITY,
    }));
  }

  /** All leases that are valid now. */
  held(now: number): HeldLease[] {
    return this.ias.flatMap(({ leases }) => leases.filter(({ validUntil }) => validUntil > now));
  }

  /** Earliest T1 of all IAs, and earliest T2 (§18.2.4). */
  get renewAt(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const { t1 } of this.ias) if (t1 < earliest) earliest = t1;
    return earliest;
  }

  get rebindAt(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const { t2 } of this.ias) if (t2 < earliest) earliest = t2;
    return earliest;
  }

  /** When the next lease ends. */
  get nextExpiry(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const { leases } of this.ias) {
      for (const { validUntil } of leases) if (validUntil < earliest) earliest = validUntil;
    }
    return earliest;
  }

  /** Takes what a REPLY says about our IAs; the rest stays as it was. Gives back the IAs that it spoke of. */
  update(answered: readonly Ia[], now: number): Ia[] {
    const known: Ia[] = [];
    for (const ia of answered) {
      const mine = this.ias.find(({ wanted }) => wanted.kind === ia.kind && wanted.iaid === ia.iaid);
      // T1 after T2 makes the IA invalid (§21.4).
      if (mine === undefined || (ia.t1 > ia.t2 && ia.t2 > 0)) continue;
      known.push(ia);
      for (const lease of ia.leases) mine.leases = withLease(mine, lease, now);
      if (ia.leases.some(({ validLifetime }) => validLifetime > 0)) setTimes(mine, ia, now);
      else notExtended(mine, now);
    }
    return known;
  }

  /** Drops what has ended; gives back what was dropped. */
  expire(now: number): HeldLease[] {
    return this.nextExpiry > now ? [] : this.drop(({ validUntil }) => validUntil <= now);
  }

  /** Drops the leases of which `which` is true; gives them back. */
  drop(which: (lease: HeldLease) => boolean): HeldLease[] {
    const dropped: HeldLease[] = [];
    for (const ia of this.ias) {
      const gone = ia.leases.filter(which);
      if (gone.length === 0) continue;
      dropped.push(...gone);
      ia.leases = ia.leases.filter((lease) => !which(lease));
      if (ia.leases.length === 0) forget(ia);
    }
    return dropped;
  }

  /** The IAs for a message, with what is held in them; `empty`: also those without leases. */
  toIas(now: number, empty: boolean): Ia[] {
    return this.ias
      .map(({ wanted, leases }) => {
        const valid = leases.filter(({ validUntil }) => validUntil > now);
        return ia(wanted, valid.length > 0 ? valid.map(asked) : hint(wanted));
      })
      .filter((_, index) => empty || (this.ias[index] as HeldIa).leases.length > 0);
  }
}

/** An IA as a client sends it: times are the server's to choose. */
export function ia({ kind, iaid }: Pick<WantedIa, 'kind' | 'iaid'>, leases: readonly IaLease[]): Ia {
  return { kind, iaid, t1: 0, t2: 0, leases };
}

/** A lease as a client names it. */
export function asked({
  kind,
  address,
  prefixLength,
}: Pick<IaLease, 'kind' | 'address' | 'prefixLength'>): IaLease {
  return { kind, address, prefixLength, preferredLifetime: 0, validLifetime: 0 };
}

export function sameLease(
  a: Pick<IaLease, 'kind' | 'address' | 'prefixLength'>,
  b: Pick<IaLease, 'kind' | 'address' | 'prefixLength'>,
): boolean {
  return a.kind === b.kind && a.prefixLength === b.prefixLength && equalBytes(a.address, b.address);
}

function hint({ kind, prefixLength }: WantedIa): IaLease[] {
  if (kind !== 'IA_PD' || prefixLength === undefined) return [];
  return [asked({ kind: 'prefix', address: new Uint8Array(16), prefixLength })];
}

function withLease(mine: HeldIa, lease: IaLease, now: number): HeldLease[] {
  const others = mine.leases.filter((held) => !sameLease(held, lease));
  // §21.6: a preferred lifetime beyond the valid one makes the option invalid.
  if (lease.preferredLifetime > lease.validLifetime) return mine.leases;
  if (lease.validLifetime === 0) return others;
  const { kind, address, prefixLength } = lease;
  const preferredUntil = after(now, lease.preferredLifetime);
  const validUntil = after(now, lease.validLifetime);
  const { kind: iaKind, iaid } = mine.wanted;
  return [...others, { iaKind, iaid, kind, address, prefixLength, preferredUntil, validUntil }];
}

/** T1 and T2 of 0 leave the choice to the client (§14.2): then the same shares that servers use. */
function setTimes(mine: HeldIa, { t1, t2, leases }: Ia, now: number): void {
  const preferred = leases
    .filter(({ validLifetime }) => validLifetime > 0)
    .map((lease) => lease.preferredLifetime);
  const shortest = Math.min(...preferred);
  mine.t1 = after(now, t1 > 0 ? t1 : Math.floor(shortest * 0.5));
  mine.t2 = after(now, t2 > 0 ? t2 : Math.floor(shortest * 0.8));
}

/** Renewing again would say the same; what is left is used to its end (§14.1). */
function notExtended(mine: HeldIa, now: number): void {
  mine.t1 = Number.POSITIVE_INFINITY;
  if (mine.leases.length === 0 || mine.t2 <= now) mine.t2 = Number.POSITIVE_INFINITY;
}

function forget(mine: HeldIa): void {
  mine.t1 = Number.POSITIVE_INFINITY;
  mine.t2 = Number.POSITIVE_INFINITY;
}

function after(now: number, seconds: number): number {
  return seconds === INFINITY_SECONDS ? Number.POSITIVE_INFINITY : now + seconds * 1000;
}
