/**
 * What must hold in one relationship at every moment of a run. The checks see what its two servers store, send and tell
 * clients; they keep books of their own and ask the engine nothing. RFC sections are of RFC 8156.
 */

import { formatIpv6 } from '../base/ipv6.ts';
import { laterOf, secondsBetween, toEpoch2000 } from '../base/time.ts';
import type { LeaseChange, StoreRecord } from '../failover/io.ts';
import {
  clientKey,
  type Lease,
  type Resource,
  resourceKey,
  resourceText,
  sameClientIa,
} from '../failover/lease.ts';
import type { Role } from '../failover/machine.ts';
import { BINDING_STATUS_CODES, bindingStatusOf, type EndpointState, STATE_CODES } from '../failover/state.ts';
import { StatusCode } from '../wire/codes.ts';
import { decodeFailoverMessage } from '../wire/failover.ts';
import type { Binding, FailoverMessage, LeaseInfo, Status } from '../wire/messages.ts';
import { ARCS } from './arcs.ts';
import type { Coverage } from './coverage.ts';
import type { Volume } from './disk.ts';
import { DISSECTS, FUNDAMENTAL_RELATIONSHIP, OWN_POOL_ONLY, RECOVER_WAIT } from './excused.ts';
import { Violation } from './violation.ts';

/** Clients may count from a little later than servers. */
const SLACK_SECONDS = 2;
/** By so much may a clock be set, or two clocks differ. */
const CLOCK_STEP_SECONDS = 20;

export interface ServerView {
  readonly role: Role;
  readonly state: EndpointState;
  /** By its own clock, Unix milliseconds. */
  readonly localNow: number;
  readonly disk: Volume;
  readonly maxUnacked: number;
}

/** What one server has on its connection, as seen from outside. */
interface Outstanding {
  readonly updates: Map<number, Binding>;
  /** Updates that were sent before the partner asked for any; what they told is told again. */
  readonly before: Set<number>;
  request: number | undefined;
}

export class Checks {
  private readonly coverage: Coverage;
  /** What partners acknowledged to each server, by resource and client (§4.4). */
  private readonly acked: Record<Role, Map<string, number>> = { primary: new Map(), secondary: new Map() };
  private readonly outstanding: Record<Role, Outstanding> = {
    primary: { updates: new Map(), before: new Set(), request: undefined },
    secondary: { updates: new Map(), before: new Set(), request: undefined },
  };

  /** What each server had to tell when it was last asked for updates. */
  private readonly asked: Record<Role, readonly Lease[]> = { primary: [], secondary: [] };
  /** Codes of states that were stored, from the one that was announced last. */
  private readonly states: Record<Role, number[]> = { primary: [], secondary: [] };
  /** When each server last gave a lease to a client, true time, Unix milliseconds. */
  private readonly lastGiven: Record<Role, number> = { primary: 0, secondary: 0 };
  private readonly mclt: number;
  private readonly excused: readonly string[];

  /** `mclt`: the primary's, seconds. `excused`: names of invariants that cannot hold in this run. */
  constructor(coverage: Coverage, mclt: number, excused: readonly string[]) {
    this.coverage = coverage;
    this.mclt = mclt;
    this.excused = excused;
  }

  /** A connection begins or ends: nothing is outstanding on it. */
  connectionReset(server: Role): void {
    this.outstanding[server].updates.clear();
    this.outstanding[server].before.clear();
    this.outstanding[server].request = undefined;
    this.asked[server] = [];
  }

  /** These are on the disk of a server now. */
  recorded(server: Role, records: readonly StoreRecord[]): void {
    const states = this.states[server];
    for (const one of records) {
      if (one.kind !== 'endpoint') continue;
      const code = STATE_CODES[one.record.state];
      if (states.at(-1) !== code) states.push(code);
    }
  }

  /** A secondary has found out by its CONNECT which relationship a connection belongs to. */
  admitted(asked: number, found: number): void {
    if (asked !== found) {
      throw new Violation(
        'a connection belongs to the relationship that its CONNECT names (§6.2)',
        `one of relationship ${asked} was taken for one of ${found}`,
      );
    }
  }

  /** `now`: true time, Unix milliseconds. */
  transition(from: EndpointState, to: EndpointState, server: Role, now: number): void {
    this.coverage.saw(`state ${server} ${to}`);
    this.coverage.saw(`transition ${from} to ${to}`);
    if (!(ARCS[from] ?? []).includes(to))
      throw new Violation('no illegal transition', `${server}: ${from} to ${to}`);
    const waited = (now - this.lastGiven[server]) / 1000;
    if (from === 'RECOVER-WAIT' && waited < this.mclt - CLOCK_STEP_SECONDS) {
      this.broken(
        RECOVER_WAIT,
        `${server} gave its last lease ${Math.round(waited)} s ago, the MCLT is ${this.mclt} s`,
      );
    }
  }

  /** The service decided changes for a client; they are not stored yet. `before`: the leases as they were. */
  decided(
    server: ServerView,
    changes: readonly LeaseChange[],
    before: (resource: Resource) => Lease | undefined,
  ): void {
    if (changes.length > 0 && SILENT.has(server.state)) {
      throw new Violation(
        'unresponsive means unresponsive',
        `${server.role} serves clients in ${server.state}`,
      );
    }
    for (const change of changes) {
      if (change.kind === 'bind') this.bound(server, change, before(change.resource));
    }
  }

  /** An answer with these changes leaves for a client: it must be safe by now (§4.4, DESIGN). */
  answered(server: ServerView, changes: readonly LeaseChange[], now: number): void {
    for (const change of changes) {
      if (change.kind !== 'bind') continue;
      this.lastGiven[server.role] = now;
      const stored = server.disk.leases.get(resourceKey(change.resource));
      if (stored?.holder === undefined || !sameClientIa(stored.holder, change.holder)) {
        throw new Violation(
          'stored before told',
          `${server.role} gave ${resourceText(change.resource)}, its disk knows nothing`,
        );
      }
    }
  }

  /** A whole message leaves a server. */
  sent(server: ServerView, octets: Uint8Array, inspected: string | undefined): void {
    if (inspected !== undefined) this.broken(DISSECTS, inspected);
    if (octets[0] === CONTACT) return;
    const { message, problems } = decodeFailoverMessage(octets);
    if (message.type === 'unknown' || problems.length > 0) {
      throw new Violation('every message decodes', problems.map((one) => one.message).join('; '));
    }
    this.coverage.saw(`message ${message.type}`);
    const mine = this.outstanding[server.role];
    switch (message.type) {
      case 'BNDUPD':
        this.updateSent(server, message, mine);
        break;
      case 'BNDREPLY':
        this.replySent(server, message);
        break;
      case 'STATE':
        if ((message.serverFlags ?? 0) & 2) break;
        this.stateSent(server, message.serverState ?? 0);
        break;
      case 'UPDREQ':
      case 'UPDREQALL':
        mine.request = message.transactionId;
        break;
      case 'CONNECTREPLY':
      case 'DISCONNECT':
        if (message.status !== undefined)
          this.coverage.saw(`${message.type} ${nameOfStatus(message.status.code)}`);
        break;
      case 'UPDDONE':
        this.requestDone(server);
        this.requestAnswered(server, mine);
        break;
      default:
        break;
    }
  }

  /** A whole message reaches the other server, whose books are `receiver`'s. */
  arrived(receiver: ServerView, octets: Uint8Array): void {
    if (octets[0] === UPDREQ || octets[0] === UPDREQALL) this.requested(receiver);
    if (octets[0] !== BNDREPLY && octets[0] !== UPDDONE) return;
    const { message } = decodeFailoverMessage(octets);
    const mine = this.outstanding[receiver.role];
    if (message.type === 'UPDDONE') mine.request = undefined;
    if (message.type !== 'BNDREPLY') return;
    mine.updates.delete(message.transactionId);
    for (const { lease, duid, rejected } of leasesOf(message)) {
      if (rejected !== undefined) continue;
      const key = resourceKey(lease) + (duid === undefined ? '' : clientKey(duid));
      const book = this.acked[receiver.role];
      if (lease.bindingStatus === BINDING_STATUS_CODES.ACTIVE && lease.partnerLifetimeSent !== undefined) {
        const before = book.get(key);
        const { partnerLifetimeSent } = lease;
        book.set(key, before === undefined ? partnerLifetimeSent : laterOf(before, partnerLifetimeSent));
      } else book.delete(key);
    }
  }

  private requested(server: ServerView): void {
    const { updates, before } = this.outstanding[server.role];
    before.clear();
    for (const id of updates.keys()) before.add(id);
    const leases = [...server.disk.leases.values()];
    this.asked[server.role] = leases.filter(
      ({ updateNeeded, holder }) => updateNeeded && holder !== undefined,
    );
  }

  /** §5.3.7: what was sent for the request is answered. In NORMAL, others are on their way beside it. */
  private requestAnswered({ state }: ServerView, { updates, before }: Outstanding): void {
    if (state === 'NORMAL') return;
    const unanswered = [...updates.keys()].filter((id) => !before.has(id));
    if (unanswered.length === 0) return;
    throw new Violation('UPDDONE after the last BNDREPLY', `${unanswered.length} BNDUPDs are unanswered`);
  }

  /** §5.3.6: nothing is left as it was that the partner had to be told. Each answer makes another record. */
  private requestDone({ role, disk }: ServerView): void {
    const left = this.asked[role].find((lease) => disk.leases.get(resourceKey(lease)) === lease);
    this.asked[role] = [];
    if (left === undefined) return;
    throw new Violation(
      'UPDDONE after all that was asked for',
      `${role} has not told of ${resourceText(left)} ${left.status}`,
    );
  }

  private broken(invariant: string, text: string): void {
    if (!this.excused.includes(invariant)) throw new Violation(invariant, text);
  }

  private bound(
    server: ServerView,
    change: Extract<LeaseChange, { kind: 'bind' }>,
    before: Lease | undefined,
  ): void {
    const { resource, holder } = change;
    const now = toEpoch2000(server.localNow);
    const acked = this.acked[server.role].get(resourceKey(resource) + clientKey(holder.duid));
    const remainder = acked === undefined ? 0 : Math.max(0, secondsBetween(now, acked));
    if (server.state !== 'PARTNER-DOWN' && holder.validLifetime > remainder + this.mclt + SLACK_SECONDS) {
      this.broken(
        FUNDAMENTAL_RELATIONSHIP,
        `${server.role} in ${server.state} gives ${resourceText(resource)} for ${holder.validLifetime} s; acknowledged ${remainder} s, MCLT ${this.mclt} s`,
      );
    }
    const renewed =
      before?.holder !== undefined && sameClientIa(before.holder, holder) && before.status !== 'FREE';
    if (renewed && before.status !== 'FREE-BACKUP') return;
    this.newlyBound(server, resource, before, now);
  }

  /** A lease for a client that did not have it: from which pool? (§4.2) */
  private newlyBound(server: ServerView, resource: Resource, before: Lease | undefined, now: number): void {
    const { role, state } = server;
    const wrong = (why: string): void =>
      this.broken(OWN_POOL_ONLY, `${role} in ${state} gives ${resourceText(resource)}: ${why}`);
    if (resource.kind === 'address') {
      const odd = ((resource.address[15] as number) & 1) === 1;
      if (odd !== (role === 'primary')) wrong('by its low-order bit it is the partner’s');
    }
    if (before !== undefined && state !== 'PARTNER-DOWN') {
      if (before.status !== 'FREE' && before.status !== 'FREE-BACKUP') wrong(`it is ${before.status}`);
      if (before.updateNeeded) wrong('its status is not acknowledged');
    }
    if (resource.kind !== 'prefix') return;
    const owner: Role = before?.status === 'FREE-BACKUP' ? 'secondary' : 'primary';
    if (owner === role) return;
    const since = server.disk.record?.partnerDownTime;
    const waited = since === undefined ? -1 : secondsBetween(since, now);
    if (state !== 'PARTNER-DOWN' || waited < this.mclt) wrong(`it is the ${owner}’s to give`);
    this.coverage.saw('the partner’s prefix given in PARTNER-DOWN');
  }

  private updateSent(server: ServerView, message: Binding, mine: Outstanding): void {
    if (mine.updates.has(message.transactionId) || mine.request === message.transactionId) {
      throw new Violation('transaction-ids are unique (§5.4)', `${message.transactionId} again`);
    }
    mine.updates.set(message.transactionId, message);
    mine.before.delete(message.transactionId);
    if (mine.updates.size > server.maxUnacked) {
      throw new Violation(
        'window of MAX_UNACKED_BNDUPD (§6.1)',
        `${mine.updates.size} of ${server.maxUnacked}`,
      );
    }
    for (const { lease } of leasesOf(message)) {
      this.coverage.saw(`update ${bindingStatusOf(lease.bindingStatus ?? 0)}`);
    }
  }

  /** §7.5.2: what is acknowledged is on the disk. */
  private replySent(server: ServerView, message: Binding): void {
    for (const { lease, rejected } of leasesOf(message)) {
      if (rejected !== undefined) {
        this.coverage.saw(`BNDREPLY ${nameOfStatus(rejected)}`);
        continue;
      }
      const stored = server.disk.leases.get(resourceKey(lease));
      if (stored === undefined || !isAtLeast(stored, lease)) {
        throw new Violation(
          'stored before acknowledged (§7.5.2)',
          `${server.role} acknowledges ${formatIpv6(lease.address)} ${bindingStatusOf(lease.bindingStatus ?? 0)}, its disk has ${stored?.status}`,
        );
      }
    }
  }

  /** §6.3: what is announced is on the disk, and nothing that came before what was announced last. */
  private stateSent(server: ServerView, code: number): void {
    const stored = this.states[server.role];
    const at = stored.indexOf(code);
    if (at < 0) {
      throw new Violation(
        'stored before announced (§6.3)',
        `${server.role} announces ${code}, its disk has ${server.disk.record?.state}`,
      );
    }
    stored.splice(0, at);
  }
}

const CONTACT = 35;
const BNDREPLY = 25;
const UPDREQ = 28;
const UPDREQALL = 29;
const UPDDONE = 30;
const SILENT: ReadonlySet<EndpointState> = new Set([
  'STARTUP',
  'RECOVER',
  'RECOVER-WAIT',
  'POTENTIAL-CONFLICT',
]);

function nameOfStatus(code: number): string {
  return STATUS_NAMES.get(code) ?? `${code}`;
}

const STATUS_NAMES = new Map<number, string>(Object.entries(StatusCode).map(([name, code]) => [code, name]));

/** The stored lease is what the reply acknowledges, or something that came after. */
function isAtLeast(stored: Lease, acknowledged: LeaseInfo): boolean {
  if (acknowledged.bindingStatus !== BINDING_STATUS_CODES.ACTIVE || stored.status !== 'ACTIVE') return true;
  const { partnerLifetimeSent } = acknowledged;
  if (partnerLifetimeSent === undefined) return true;
  return (
    stored.expirationTime !== undefined && secondsBetween(partnerLifetimeSent, stored.expirationTime) >= 0
  );
}

/** A lease of a BNDUPD or BNDREPLY, with the client it is for, and the status that rejects it at whatever level. */
interface Told {
  readonly lease: LeaseInfo;
  readonly duid?: Uint8Array;
  readonly rejected?: number;
}

function leasesOf(message: FailoverMessage): readonly Told[] {
  if (message.type !== 'BNDUPD' && message.type !== 'BNDREPLY') return [];
  const { clientData, prefixLease } = message;
  const whole = message.status ?? clientData?.status;
  const told = (lease: LeaseInfo, ia?: Status): Told => {
    const rejected = (whole ?? ia ?? lease.status)?.code ?? 0;
    const duid = clientData?.clientId;
    return { lease, ...(duid && { duid }), ...(rejected !== 0 && { rejected }) };
  };
  if (prefixLease !== undefined) return [told(prefixLease)];
  return (clientData?.ias ?? []).flatMap((ia) => ia.leases.map((lease) => told(lease, ia.status)));
}
