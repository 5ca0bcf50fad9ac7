/**
 * Stable storage of one server, with a volume for each of its relationships: finishes in order and late; what is not
 * finished when the power goes is gone.
 */
import type { Random } from '../base/clock.ts';
import type { EndpointRecord, StoredState, StoreRecord } from '../failover/io.ts';
import { type Lease, resourceKey } from '../failover/lease.ts';
import type { Schedule } from './schedule.ts';

const LATENCY_MAX_MILLIS = 20;

/** What is stored of one relationship. */
export interface Volume {
  readonly record: EndpointRecord | undefined;
  readonly leases: ReadonlyMap<string, Lease>;
}

interface Contents extends Volume {
  record: EndpointRecord | undefined;
  readonly leases: Map<string, Lease>;
}

export class SimDisk {
  /** Nothing finishes before this time. */
  stalledUntil = 0;
  private readonly contents = new Map<number, Contents>();
  private readonly schedule: Schedule;
  private readonly random: Random;
  private lastFinish = 0;
  /** Counts power failures: what an earlier life wrote never finishes. */
  private life = 0;

  constructor(schedule: Schedule, random: Random) {
    this.schedule = schedule;
    this.random = random;
  }

  /** What is stored of a relationship; stays the same object and shows what happens to it. */
  volume(relationship: number): Volume {
    return this.contentsOf(relationship);
  }

  load(relationship: number): StoredState {
    const { record, leases } = this.contentsOf(relationship);
    return { ...(record && { endpoint: record }), leases: [...leases.values()] };
  }

  /** Writes; `done` is called when it is safe. */
  write(relationship: number, records: readonly StoreRecord[], done: () => void): void {
    const { schedule, life } = this;
    const finish = Math.max(
      this.lastFinish,
      this.stalledUntil,
      schedule.now + LATENCY_MAX_MILLIS * this.random.fraction(),
    );
    this.lastFinish = finish;
    schedule.at(finish, () => {
      if (life !== this.life) return;
      const contents = this.contentsOf(relationship);
      for (const one of records) {
        if (one.kind === 'endpoint') contents.record = one.record;
        else contents.leases.set(resourceKey(one.lease), one.lease);
      }
      done();
    });
  }

  /** Power is gone: what was not finished never will be. */
  powerOff(): void {
    this.life++;
    this.lastFinish = 0;
  }

  /** A new disk. */
  wipe(): void {
    for (const contents of this.contents.values()) {
      contents.record = undefined;
      contents.leases.clear();
    }
  }

  private contentsOf(relationship: number): Contents {
    let contents = this.contents.get(relationship);
    if (contents === undefined) {
      contents = { record: undefined, leases: new Map() };
      this.contents.set(relationship, contents);
    }
    return contents;
  }
}
