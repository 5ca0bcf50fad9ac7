/** A store that forgets. It calls `stored` in a later turn, as a disk would. */
import type { EndpointRecord, StoredState, StoreRecord } from '../../src/failover/io.ts';
import { type Lease, resourceKey } from '../../src/failover/lease.ts';
import type { LeaseStore } from '../../src/server/store.ts';

interface Kept {
  endpoint?: EndpointRecord;
  readonly leases: Map<string, Lease>;
}

export class MemoryStore implements LeaseStore {
  private readonly relationships = new Map<string, Kept>();
  private readonly values = new Map<string, Uint8Array>();
  private saving: Promise<void> = Promise.resolve();

  load(relationship: string): StoredState {
    const { endpoint, leases } = this.kept(relationship);
    return endpoint === undefined ? { leases: leases.values() } : { endpoint, leases: leases.values() };
  }

  save(relationship: string, records: readonly StoreRecord[], stored: () => void): void {
    const kept = this.kept(relationship);
    for (const record of records) {
      if (record.kind === 'endpoint') kept.endpoint = record.record;
      else kept.leases.set(resourceKey(record.lease), record.lease);
    }
    this.saving = this.saving.then(stored);
  }

  value(name: string): Uint8Array | undefined {
    return this.values.get(name);
  }

  setValue(name: string, value: Uint8Array): void {
    this.values.set(name, value);
  }

  onFailure(): void {}

  async close(): Promise<void> {
    await this.saving;
  }

  private kept(relationship: string): Kept {
    let kept = this.relationships.get(relationship);
    if (kept === undefined) {
      kept = { leases: new Map() };
      this.relationships.set(relationship, kept);
    }
    return kept;
  }
}
