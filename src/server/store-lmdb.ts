/**
 * The store of a running server: LMDB, whose commits are on disk when they say so and which is whole after any crash
 * without a repair. Everything saved while a commit is under way goes into the next one, so that a busy server pays for
 * one disk sync for many clients. Only one process may use a directory.
 */
import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import { InputError } from '../base/problem.ts';
import type { EndpointRecord, StoredState, StoreRecord } from '../failover/io.ts';
import type { Lease, Resource } from '../failover/lease.ts';
import { endpointRecord, leaseRecord } from './lease-record.ts';
import { decodeRecord, encodeRecord, RecordError, type ValueCodec } from './record-codec.ts';
import type { LeaseStore } from './store.ts';
import { makeDirectory } from './store-directory.ts';

/** MDB_MAGIC and MDB_DATA_VERSION, in the machine's own order of octets as LMDB writes them. */
const LMDB_MAGIC = 0xbeefc0de;
const LMDB_VERSION = 2;
/** What the directory holds is of this form; another number is another program's or a newer version's. */
const FORMAT = 1;
/** Records of one commit: bounds its memory and how long the others wait for it. */
const COMMIT_RECORDS_MAX = 10_000;

interface Saving {
  readonly relationship: Uint8Array;
  readonly records: readonly StoreRecord[];
  readonly stored: () => void;
}

const OWNER = 'owner';
const FORMAT_NAME = 'format';
/** What this process has open: its own pid in a store that is not among these is a dead process's of that pid. */
const openDirectories = new Set<string>();

/** Who has the store open: kept in the store itself, where LMDB lets one process at a time look and write. */
interface Owner {
  readonly pid: number;
  /** When the process began, as the system counts it: a pid alone may be somebody else's by now. */
  readonly began: string;
}

/**
 * Opens the store in `directory`, which is made if it does not exist.
 * @throws InputError if it cannot be used: no permission, not a store, or another process uses it
 */
export function openLmdbStore(directory: string): LeaseStore {
  try {
    makeDirectory(directory, 0o700);
    refuseForeignFile(join(directory, 'data.mdb'));
    // Who leases what is for nobody else, also in a directory that was there and is open to others.
    const mask = process.umask(0o077);
    try {
      return new LmdbStore(directory);
    } finally {
      process.umask(mask);
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(`${directory}: the lease store cannot be opened: ${reason}`);
  }
}

/**
 * LMDB itself is not careful with a file that is none of its own: opening one ends the process. The first page of its
 * files has a magic number behind 24 octets of header, and the version of the format behind that.
 */
function refuseForeignFile(file: string): void {
  if (!existsSync(file)) return;
  const head = new Uint8Array(32);
  const open = openSync(file, 'r');
  const length = readSync(open, head);
  closeSync(open);
  if (length === 0) return;
  const [magic, version] = new Uint32Array(head.buffer, 24, 2);
  if (length < head.length || magic !== LMDB_MAGIC || version !== LMDB_VERSION) {
    throw new InputError(`${file}: not a lease store, or a damaged one`);
  }
}

class LmdbStore implements LeaseStore {
  private readonly directory: string;
  private readonly root: RootDatabase<Uint8Array, string>;
  private readonly leases: Database<Uint8Array, Uint8Array>;
  private readonly endpoints: Database<Uint8Array, Uint8Array>;
  private readonly values: Database<Uint8Array, string>;
  private waiting: Saving[] = [];
  /** The commit under way. */
  private committing: Promise<void> | undefined;
  private failure: Error | undefined;
  private report: (error: Error) => void = () => {};

  constructor(directory: string) {
    this.directory = directory;
    this.root = open({
      path: directory,
      noSubdir: false,
      encoding: 'binary',
      // A commit is done when it is on the disk, not before.
      overlappingSync: false,
      // Its own batches leave a promise behind that nobody can catch; we batch ourselves.
      eventTurnBatching: false,
      ...{ txnStartThreshold: Number.MAX_SAFE_INTEGER },
    });
    this.values = this.root.openDB({ name: 'values', encoding: 'binary' });
    this.leases = this.root.openDB({ name: 'leases', encoding: 'binary', keyEncoding: 'binary' });
    this.endpoints = this.root.openDB({ name: 'endpoints', encoding: 'binary', keyEncoding: 'binary' });
    this.values.transactionSync(() => this.takeOwnership());
  }

  load(relationship: string): StoredState {
    const name = nameKey(relationship);
    const endpoint = this.endpoints.get(name);
    const leases = this.loadLeases(name);
    if (endpoint === undefined) return { leases };
    return { endpoint: this.decode<EndpointRecord>(endpointRecord, endpoint), leases };
  }

  private *loadLeases(name: Uint8Array): Iterable<Lease> {
    const end = new Uint8Array(name.length + 1).fill(0xff);
    end.set(name);
    for (const { value } of this.leases.getRange({ start: name, end })) {
      yield this.decode<Lease>(leaseRecord, value);
    }
  }

  save(relationship: string, records: readonly StoreRecord[], stored: () => void): void {
    if (this.failure !== undefined) return;
    this.waiting.push({ relationship: nameKey(relationship), records, stored });
    this.committing ??= this.commitAll();
  }

  value(name: string): Uint8Array | undefined {
    const value = this.values.get(name);
    return value === undefined ? undefined : Uint8Array.from(value);
  }

  setValue(name: string, value: Uint8Array): void {
    this.values.putSync(name, value);
  }

  onFailure(report: (error: Error) => void): void {
    this.report = report;
  }

  async close(): Promise<void> {
    await this.committing;
    if (this.failure === undefined) this.values.removeSync(OWNER);
    await this.root.close();
    openDirectories.delete(this.directory);
  }

  private async commitAll(): Promise<void> {
    // What else this turn saves belongs to the same commit.
    await Promise.resolve();
    while (this.waiting.length > 0) {
      const saving = this.nextCommit();
      try {
        await this.commit(saving);
      } catch (error) {
        this.fail(await causeOf(error));
        break;
      }
      for (const { stored } of saving) stored();
    }
    this.committing = undefined;
  }

  /** Everything written before the next turn of the event loop is one transaction. */
  private async commit(saving: readonly Saving[]): Promise<void> {
    // Writes of one transaction share a promise.
    const committed = new Set<Promise<boolean>>();
    for (const { relationship, records } of saving) {
      for (const record of records) committed.add(this.put(relationship, record));
    }
    await Promise.all(committed);
  }

  private nextCommit(): readonly Saving[] {
    let records = 0;
    let count = 0;
    for (const saving of this.waiting) {
      records += saving.records.length;
      if (count > 0 && records > COMMIT_RECORDS_MAX) break;
      count++;
    }
    return this.waiting.splice(0, count);
  }

  private put(name: Uint8Array, record: StoreRecord): Promise<boolean> {
    if (record.kind === 'endpoint') {
      return this.endpoints.put(name, Uint8Array.from(encodeRecord(endpointRecord, record.record)));
    }
    const value = Uint8Array.from(encodeRecord(leaseRecord, record.lease));
    return this.leases.put(leaseKey(name, record.lease), value);
  }

  /** Inside a transaction: LMDB lets one process at a time be here. */
  private takeOwnership(): void {
    const owner = this.values.get(OWNER);
    if (owner !== undefined) this.refuseIfAlive(JSON.parse(new TextDecoder().decode(owner)) as Owner);
    const format = this.values.get(FORMAT_NAME)?.[0];
    if (format !== undefined && format !== FORMAT) {
      throw new InputError(
        `${this.directory}: a lease store of form ${format}, this program reads form ${FORMAT}`,
      );
    }
    const us: Owner = { pid: process.pid, began: beginningOf(process.pid) };
    this.values.putSync(OWNER, new TextEncoder().encode(JSON.stringify(us)));
    this.values.putSync(FORMAT_NAME, Uint8Array.of(FORMAT));
    openDirectories.add(this.directory);
  }

  private refuseIfAlive(owner: Owner): void {
    const ours = owner.pid === process.pid;
    const alive = ours ? openDirectories.has(this.directory) : beginningOf(owner.pid) === owner.began;
    if (alive && owner.began !== '') {
      throw new InputError(`${this.directory}: the lease store is in use by process ${owner.pid}`);
    }
  }

  private fail(reason: string): void {
    this.failure = new Error(`${this.directory}: leases cannot be stored any more: ${reason}`);
    this.waiting = [];
    this.report(this.failure);
  }

  private decode<T>(codec: ValueCodec<T>, bytes: Uint8Array): T {
    try {
      return decodeRecord(codec, bytes);
    } catch (error) {
      if (!(error instanceof RecordError)) throw error;
      throw new InputError(`${this.directory}: a stored record cannot be read: ${error.message}`);
    }
  }
}

/** LMDB's error says only that a commit failed; why is in a promise of it. */
async function causeOf(error: unknown): Promise<string> {
  const { commitError } = error as { readonly commitError?: Promise<unknown> };
  const cause = await Promise.resolve(commitError).then(
    () => error,
    (reason: unknown) => reason,
  );
  return cause instanceof Error ? cause.message : String(cause);
}

/** A name with its length before it, so that no name's keys are among another's. */
function nameKey(relationship: string): Uint8Array {
  const name = new TextEncoder().encode(relationship);
  const key = new Uint8Array(1 + name.length);
  key[0] = name.length;
  key.set(name, 1);
  return key;
}

function leaseKey(name: Uint8Array, resource: Resource): Uint8Array {
  const key = new Uint8Array(name.length + 17);
  key.set(name);
  key.set(resource.address, name.length);
  key[name.length + 16] = resource.kind === 'address' ? 0xff : resource.prefixLength;
  return key;
}

/** Differs between processes that had the same pid; empty if there is no such process. */
function beginningOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // Field 22, counted behind the name, which may hold spaces and parentheses (proc(5)).
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return isRunning(pid) ? 'unknown' : '';
  }
}

/** For systems without /proc. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
