/**
 * Cuts the octets of one direction into whole units (a message with its length prefix) without changing any. What
 * cannot be cut comes out as it went in. At most one unit, 65,537 octets, is kept.
 */
import { NO_BYTES } from '../base/bytes.ts';
import { type ConnectionDialect, DECISION_OCTETS, PREFIX_OCTETS, unitOctets } from './dialect.ts';

export interface Cut {
  /** `message`: one whole unit; `raw`: octets of an unreadable stream. */
  readonly kind: 'message' | 'raw';
  readonly octets: Uint8Array;
}

/** Whole units, back to back at `[start, end)`, of which nothing needs to be known at once. */
export interface CutRun {
  readonly kind: 'run';
  readonly octets: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** How many they are. */
  readonly count: number;
}

/** The beginning of a unit whose end has not come yet. */
interface Partial {
  octets: Uint8Array;
  length: number;
}

export class Cutter {
  private readonly dialect: ConnectionDialect;
  private partial: Partial | undefined;

  constructor(dialect: ConnectionDialect) {
    this.dialect = dialect;
  }

  /** Takes the next octets; returns what is complete with them. Nobody may write to `bytes` afterwards. */
  push(bytes: Uint8Array): Cut[] {
    const cuts: Cut[] = [];
    this.cutAll(bytes, cuts, false);
    return cuts;
  }

  /** As `push`, but units that only pass by come in runs, which is a fraction of the work. */
  pushInRuns(bytes: Uint8Array): (Cut | CutRun)[] {
    const cuts: (Cut | CutRun)[] = [];
    this.cutAll(bytes, cuts, true);
    return cuts;
  }

  /** How many octets of a unit that is not complete are kept. */
  get pendingOctets(): number {
    return this.partial?.length ?? 0;
  }

  /** Octets of a unit that is not complete yet. Stays valid until the next `push`. */
  pending(): Uint8Array {
    return this.partial === undefined ? NO_BYTES : this.partial.octets.subarray(0, this.partial.length);
  }

  private cutAll(bytes: Uint8Array, cuts: (Cut | CutRun)[], inRuns: boolean): void {
    let at = 0;
    if (this.partial !== undefined) {
      at = this.fill(this.partial, bytes);
      if (!this.finishPartial(this.partial, cuts, inRuns)) return;
    }
    while (at < bytes.length) {
      const taken = (inRuns ? this.runAt(bytes, at, cuts) : 0) || this.cutAt(bytes, at, cuts);
      if (taken === 0) break;
      at += taken;
    }
    if (at < bytes.length) this.keep(bytes.subarray(at));
  }

  /** Takes all units from `from` on that are complete and pass by; 0 if there is none. */
  private runAt(bytes: Uint8Array, from: number, cuts: (Cut | CutRun)[]): number {
    const { dialect } = this.dialect;
    if (dialect === 'undecided' || dialect === 'unreadable') return 0;
    const { length } = bytes;
    let at = from;
    let count = 0;
    while (length - at > PREFIX_OCTETS && this.dialect.passesBy(bytes, at)) {
      const next = at + unitOctets(dialect, bytes, at);
      if (next > length) break;
      at = next;
      count++;
    }
    if (count > 0) cuts.push({ kind: 'run', octets: bytes, start: from, end: at, count });
    return at - from;
  }

  /** Cuts one unit at `at`; 0 if it is not complete. */
  private cutAt(bytes: Uint8Array, at: number, cuts: (Cut | CutRun)[]): number {
    const available = bytes.length - at;
    if (this.dialect.dialect === 'undecided') {
      if (available < DECISION_OCTETS) return 0;
      this.dialect.decide(bytes, at);
    }
    if (this.dialect.dialect === 'unreadable') {
      cuts.push({ kind: 'raw', octets: bytes.subarray(at) });
      return available;
    }
    if (available < PREFIX_OCTETS) return 0;
    const size = this.dialect.unitOctets(bytes, at);
    if (available < size) return 0;
    const octets = bytes.subarray(at, at + size);
    this.dialect.notice(octets);
    cuts.push({ kind: 'message', octets });
    return size;
  }

  private keep(rest: Uint8Array): void {
    const known = rest.length >= DECISION_OCTETS && this.dialect.dialect !== 'undecided';
    const capacity = known ? this.dialect.unitOctets(rest, 0) : DECISION_OCTETS;
    const octets = new Uint8Array(Math.max(capacity, DECISION_OCTETS));
    octets.set(rest);
    this.partial = { octets, length: rest.length };
  }

  /** Copies into the kept beginning what it still needs; returns how many octets of `bytes` that took. */
  private fill(partial: Partial, bytes: Uint8Array): number {
    let taken = 0;
    for (;;) {
      const wanted = this.wanted(partial);
      const step = Math.min(wanted - partial.length, bytes.length - taken);
      if (step <= 0) return taken;
      if (partial.octets.length < wanted) {
        const larger = new Uint8Array(wanted);
        larger.set(partial.octets.subarray(0, partial.length));
        partial.octets = larger;
      }
      partial.octets.set(bytes.subarray(taken, taken + step), partial.length);
      partial.length += step;
      taken += step;
    }
  }

  /** How many octets the kept beginning should have for the next step. */
  private wanted(partial: Partial): number {
    const { octets, length } = partial;
    if (this.dialect.dialect === 'undecided') {
      if (length < DECISION_OCTETS) return DECISION_OCTETS;
      this.dialect.decide(octets, 0);
    }
    if (this.dialect.dialect === 'unreadable') return length;
    return length < PREFIX_OCTETS ? PREFIX_OCTETS : this.dialect.unitOctets(octets, 0);
  }

  /** Gives out the kept unit if it is complete; `false` if it is not. */
  private finishPartial(partial: Partial, cuts: (Cut | CutRun)[], inRuns: boolean): boolean {
    const { length } = partial;
    const octets = partial.octets.subarray(0, length);
    if (this.dialect.dialect !== 'unreadable') {
      if (this.dialect.dialect === 'undecided' || length < PREFIX_OCTETS) return false;
      if (length < this.dialect.unitOctets(octets, 0)) return false;
      if (!inRuns || this.runAt(octets, 0, cuts) === 0) {
        this.dialect.notice(octets);
        cuts.push({ kind: 'message', octets });
      }
    } else {
      cuts.push({ kind: 'raw', octets });
    }
    this.partial = undefined;
    return true;
  }
}

/** Length prefix and body of a unit that a fault has built. Throws InvariantError on a body beyond 65,535 octets. */
export function withPrefix(body: Uint8Array): Uint8Array {
  const octets = new Uint8Array(PREFIX_OCTETS + body.length);
  octets[0] = body.length >> 8;
  octets[1] = body.length & 0xff;
  octets.set(body, PREFIX_OCTETS);
  return octets;
}
