/** Stable storage of one server: finishes in order and late; what is not finished when the power goes is gone. */
import type { Random } from '../base/clock.ts';
import type { EndpointRecord, StoredState, StoreRecord } from '../failover/io.ts';
import { type Lease, resourceKey } from '../failover/lease.ts';
import type { Schedule } from './schedule.ts';

const LATENCY_MAX_MILLIS = 20;

export class SimDisk {
  record: EndpointRecord | undefined;
  readonly leases = new Map<string, Lease>();
  /** Nothing finishes before this time. */
  stalledUntil = 0;
  private readonly schedule: Schedule;
  private readonly random: Random;
  private lastFinish = 0;
  /** Counts power failures: what an earlier life wrote never finishes. */
  private life = 0;

  constructor(schedule: Schedule, random: Random) {
    this.schedule = schedule;
    this.random = random;
  }

  load(): StoredState {
    const { record } = this;
    return { ...(record && { endpoint: record }), leases: [...this.leases.values()] };
  }

  /** Writes; `done` is called when it is safe. */
  write(records: readonly StoreRecord[], done: () => void): void {
    const { schedule, life } = this;
    const finish = Math.max(
      this.lastFinish,
      this.stalledUntil,
      schedule.now + LATENCY_MAX_MILLIS * this.random.fraction(),
    );
    this.lastFinish = finish;
    schedule.at(finish, () => {
      if (life !== this.life) return;
      for (const one of records) {
        if (one.kind === 'endpoint') this.record = one.record;
        else this.leases.set(resourceKey(one.lease), one.lease);
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
    this.record = undefined;
    this.leases.clear();
  }
}
