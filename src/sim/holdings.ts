/**
 * What clients hold in their own view, over all servers: nobody may hold what another one holds, and what they hold the
 * servers have to know.
 */
import { secondsBetween, toEpoch2000 } from '../base/time.ts';
import type { StoreRecord } from '../failover/io.ts';
import { clientKey, type Lease, type Resource, resourceKey, resourceText } from '../failover/lease.ts';
import { NO_TWO_CLIENTS } from './excused.ts';
import type { ServerName } from './topology.ts';
import { Violation } from './violation.ts';

/** Clients may count from a little later than servers, and server clocks may differ. */
const SLACK_MILLIS = 12_000;
/** An answer waits for its server's disk, and the client counts from when it has it. */
const KNOWN_SLACK_MILLIS = 60_000;

const FREE: ReadonlySet<string> = new Set(['FREE', 'FREE-BACKUP']);

/** Who has been given something, how and until when; `until` is true time, Unix milliseconds. */
export interface Held {
  readonly client: number;
  readonly duid: Uint8Array;
  readonly resource: Resource;
  readonly relationship: number;
  readonly until: number;
  /** Who gave it or let it be kept, last. */
  readonly by: ServerName;
  /** Given while a server's clock was wrong, so that servers cannot tell in which order things happened. */
  readonly doubtful?: boolean;
}

export class Holdings {
  private readonly held = new Map<string, Held>();
  private readonly excused: readonly string[];

  /** `excused`: names of invariants that cannot hold in this run. */
  constructor(excused: readonly string[]) {
    this.excused = excused;
  }

  /** A client takes a resource into use, or uses it longer. */
  takes(taken: Held, now: number): void {
    const key = resourceKey(taken.resource);
    const other = this.held.get(key);
    if (
      other !== undefined &&
      other.client !== taken.client &&
      other.doubtful !== true &&
      other.until - SLACK_MILLIS > now &&
      !this.excused.includes(NO_TWO_CLIENTS)
    ) {
      throw new Violation(
        NO_TWO_CLIENTS,
        `${resourceText(taken.resource)} is given to client ${taken.client} while client ${other.client} holds it for another ${Math.round((other.until - now) / 1000)} s`,
      );
    }
    this.held.set(key, taken);
  }

  drops(client: number, resource: Resource): void {
    const key = resourceKey(resource);
    if (this.held.get(key)?.client === client) this.held.delete(key);
  }

  /** `server` has recorded these leases: none may be free for others that it gave and a client still holds (§7.2). */
  stored(server: ServerName, records: readonly StoreRecord[], now: number): void {
    for (const one of records) {
      if (one.kind !== 'lease' || !FREE.has(one.lease.status)) continue;
      // Until the partner agrees, nobody may have it.
      if (one.lease.updateNeeded) continue;
      const held = this.held.get(resourceKey(one.lease));
      // It may not know yet that its partner has given it anew, to whomever.
      if (held === undefined || held.by !== server || !isOf(one.lease, held.duid) || held.doubtful) continue;
      if (held.until - KNOWN_SLACK_MILLIS < now || this.excused.includes(NO_TWO_CLIENTS)) continue;
      throw new Violation(
        'nothing becomes free that a client holds (§7.2)',
        `${resourceText(one.lease)} is ${one.lease.status}, client ${held.client} holds it for another ${Math.round((held.until - now) / 1000)} s`,
      );
    }
  }

  /** The disk of `server` is gone, and with it perhaps the only record of what it gave last. */
  diskLost(server: ServerName): void {
    for (const [key, { by }] of this.held) if (by === server) this.held.delete(key);
  }

  /**
   * What a client of `relationship` holds at `now` and `find` finds no such lease of, in words; or nothing. Only what is
   * held for long enough counts.
   */
  unknownTo(
    relationship: number,
    now: number,
    find: (resource: Resource) => Lease | undefined,
  ): string | undefined {
    if (this.excused.includes(NO_TWO_CLIENTS)) return undefined;
    for (const one of this.held.values()) {
      if (one.relationship !== relationship || one.until - KNOWN_SLACK_MILLIS < now) continue;
      const lease = find(one.resource);
      const known = lease?.status === 'ACTIVE' && isOf(lease, one.duid);
      const text = `client ${one.client} holds ${resourceText(one.resource)}`;
      if (!known) return `${text}, for the server it is ${lease?.status ?? 'unknown'}`;
      const short = secondsBetween(
        lease.stateExpirationTime ?? 0,
        toEpoch2000(one.until - KNOWN_SLACK_MILLIS),
      );
      if (short > 0) return `${text} ${short} s longer than the server knows`;
    }
    return undefined;
  }
}

function isOf({ holder }: Lease, duid: Uint8Array): boolean {
  return holder !== undefined && clientKey(holder.duid) === clientKey(duid);
}
