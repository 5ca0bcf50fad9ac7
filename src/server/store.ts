/**
 * What a server keeps when it dies: the leases and the state of each failover endpoint, and its own DUID. The engine
 * says what has to be stored before something is sent; a store says when it is. Several relationships share one store.
 */
import type { StoredState, StoreRecord } from '../failover/io.ts';

export interface LeaseStore {
  /**
   * What is stored for a relationship. Leases are read while they are iterated, not before; nothing may be saved for
   * the relationship meanwhile.
   */
  load(relationship: string): StoredState;

  /**
   * Hands over records of a relationship and returns at once. `stored` is called once they are on stable storage: what
   * it is told about survives any crash. Records of one call are stored together or not at all, and calls are stored
   * in the order in which they were made; many calls share one commit.
   */
  save(relationship: string, records: readonly StoreRecord[], stored: () => void): void;

  /** Small values of the server itself, such as its DUID; `undefined` if it was never set. */
  value(name: string): Uint8Array | undefined;
  /** Stored when it returns. */
  setValue(name: string, value: Uint8Array): void;

  /**
   * Called once if storing fails (disk full, device gone). Nothing is stored after that and no `stored` is called: the
   * server has to end, since it may not promise anything any more.
   */
  onFailure(report: (error: Error) => void): void;

  /** Resolves when everything saved is stored and the files are closed. */
  close(): Promise<void>;
}
