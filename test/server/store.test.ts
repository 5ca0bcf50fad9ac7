/** What is handed to a store comes back from it, and nothing that it called stored is lost in a crash. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { InputError } from '../../src/base/problem.ts';
import type { EndpointRecord, StoreRecord } from '../../src/failover/io.ts';
import type { Lease } from '../../src/failover/lease.ts';
import { BINDING_STATUSES, LASTING_STATES } from '../../src/failover/state.ts';
import { endpointRecord, leaseRecord } from '../../src/server/lease-record.ts';
import { decodeRecord, encodeRecord, RecordError, type ValueCodec } from '../../src/server/record-codec.ts';
import type { LeaseStore } from '../../src/server/store.ts';
import { openLmdbStore } from '../../src/server/store-lmdb.ts';
import { MemoryStore } from '../support/memory-store.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'leasetap-store-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const octets = (minLength: number, maxLength = minLength) => fc.uint8Array({ minLength, maxLength });
const holder = fc.record(
  {
    duid: octets(3, 130),
    iaKind: fc.constantFrom('IA_NA' as const, 'IA_TA' as const, 'IA_PD' as const),
    iaid: u32,
    t1: u32,
    t2: u32,
    preferredLifetime: u32,
    validLifetime: u32,
    clientFqdn: octets(0, 300),
    relayData: fc.record({ peerAddress: octets(16), message: octets(0, 500) }),
    reconfigureData: fc.record({ time: u32, key: octets(0, 32) }),
  },
  { requiredKeys: ['duid', 'iaKind', 'iaid', 't1', 't2', 'preferredLifetime', 'validLifetime'] },
);
const lease: fc.Arbitrary<Lease> = fc.record(
  {
    kind: fc.constantFrom('address' as const, 'prefix' as const),
    address: octets(16),
    prefixLength: fc.integer({ min: 0, max: 128 }),
    status: fc.constantFrom(...BINDING_STATUSES),
    holder,
    expirationTime: u32,
    ackedPartnerLifetime: u32,
    partnerLifetime: u32,
    clientLastTransactionTime: u32,
    partnerRawCltTime: u32,
    startTimeOfState: u32,
    stateExpirationTime: u32,
    updateNeeded: fc.boolean(),
    updateSent: fc.boolean(),
    rejectedWith: u32,
  },
  {
    requiredKeys: [
      'kind',
      'address',
      'prefixLength',
      'status',
      'startTimeOfState',
      'updateNeeded',
      'updateSent',
    ],
  },
);
const state = fc.constantFrom(...LASTING_STATES);
const endpoint: fc.Arbitrary<EndpointRecord> = fc.record(
  {
    state,
    previousState: state,
    startTimeOfState: u32,
    partnerDownTime: u32,
    partnerState: state,
    partnerStartTimeOfState: u32,
    partnerDownTimeOfPartner: u32,
    partnerFlags: fc.integer({ min: 0, max: 255 }),
    lastMessageTime: u32,
    communicated: fc.boolean(),
    mclt: u32,
    lastOperationTime: u32,
    timeOfFailure: u32,
    updateAllNeeded: fc.boolean(),
    firstRun: fc.boolean(),
    partnerIsBack: fc.boolean(),
  },
  {
    requiredKeys: [
      'state',
      'startTimeOfState',
      'partnerFlags',
      'communicated',
      'mclt',
      'updateAllNeeded',
      'firstRun',
    ],
  },
);

describe('records', () => {
  function returns<T>(codec: ValueCodec<T>, values: fc.Arbitrary<T>): void {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = Uint8Array.from(encodeRecord(codec, value));
        expect(decodeRecord(codec, bytes)).toEqual(value);
        for (let length = 0; length < bytes.length; length++) {
          expect(() => decodeRecord(codec, bytes.subarray(0, length))).toThrow(RecordError);
        }
      }),
      { numRuns: 100 },
    );
  }

  test('of leases come back whole, and a cut one is noticed', () => returns(leaseRecord, lease));
  test('of endpoints come back whole, and a cut one is noticed', () => returns(endpointRecord, endpoint));

  test('one of a version with fewer fields is read, one of a version with more is refused', () => {
    const bytes = Uint8Array.from(encodeRecord(endpointRecord, { ...ENDPOINT, partnerIsBack: true }));
    expect(bytes[0]).toBe(16);
    // Sixteen fields need two octets of bits, as fifteen do; the last field here is one octet long.
    const older = Uint8Array.from([15, ...bytes.subarray(1, -1)]);
    expect(decodeRecord(endpointRecord, older)).toEqual(ENDPOINT);
    expect(() => decodeRecord(endpointRecord, Uint8Array.from([17, ...bytes.subarray(1)]))).toThrow(
      /newer version/,
    );
  });
});

const ENDPOINT: EndpointRecord = {
  state: 'NORMAL',
  startTimeOfState: 825_000_000,
  partnerFlags: 1,
  communicated: true,
  mclt: 3600,
  updateAllNeeded: false,
  firstRun: true,
};

function leaseOf(number: number, status: Lease['status'] = 'ACTIVE'): Lease {
  const address = new Uint8Array(16);
  new DataView(address.buffer).setUint32(12, number);
  const startTimeOfState = number;
  return {
    kind: 'address',
    address,
    prefixLength: 128,
    status,
    startTimeOfState,
    updateNeeded: false,
    updateSent: false,
  };
}

function saved(store: LeaseStore, relationship: string, records: readonly StoreRecord[]): Promise<void> {
  return new Promise((resolve) => store.save(relationship, records, resolve));
}

const STORES: Readonly<Record<string, () => LeaseStore>> = {
  lmdb: () => openLmdbStore(directory),
  memory: () => new MemoryStore(),
};

describe.each(Object.keys(STORES))('the %s store', (name) => {
  const open = STORES[name] as () => LeaseStore;

  test('keeps relationships apart, the last lease of an address, and the endpoint', async () => {
    const store = open();
    await saved(store, 'a', [
      { kind: 'lease', lease: leaseOf(1, 'FREE') },
      { kind: 'endpoint', record: ENDPOINT },
    ]);
    await saved(store, 'a', [{ kind: 'lease', lease: leaseOf(1) }]);
    await saved(store, 'ab', [{ kind: 'lease', lease: leaseOf(2) }]);
    await saved(store, 'a', [{ kind: 'lease', lease: { ...leaseOf(1), kind: 'prefix', prefixLength: 128 } }]);
    expect(store.load('a').endpoint).toEqual(ENDPOINT);
    expect([...store.load('a').leases].map(({ kind, status }) => [kind, status]).sort()).toEqual([
      ['address', 'ACTIVE'],
      ['prefix', 'ACTIVE'],
    ]);
    expect(store.load('ab')).not.toHaveProperty('endpoint');
    expect([...store.load('ab').leases]).toEqual([leaseOf(2)]);
    expect([...store.load('b').leases]).toEqual([]);
    await store.close();
  });

  test('calls back in order, never during save', async () => {
    const store = open();
    const order: string[] = [];
    for (let number = 0; number < 5; number++) {
      store.save('a', [{ kind: 'lease', lease: leaseOf(number) }], () => order.push(`stored ${number}`));
      order.push(`saved ${number}`);
    }
    await saved(store, 'a', []);
    expect(order).toEqual([
      ...[0, 1, 2, 3, 4].map((n) => `saved ${n}`),
      ...[0, 1, 2, 3, 4].map((n) => `stored ${n}`),
    ]);
    await store.close();
  });

  test('keeps values of the server', async () => {
    const store = open();
    expect(store.value('duid')).toBeUndefined();
    store.setValue('duid', Uint8Array.of(0, 4, 9));
    expect(store.value('duid')).toEqual(Uint8Array.of(0, 4, 9));
    await store.close();
  });
});

describe('on disk', () => {
  test('everything is there when it is opened again', async () => {
    const store = openLmdbStore(directory);
    const leases = Array.from({ length: 25_000 }, (_, number) => leaseOf(number));
    const all = leases.map((one) => saved(store, 'r', [{ kind: 'lease', lease: one }]));
    await Promise.all([...all, saved(store, 'r', [{ kind: 'endpoint', record: ENDPOINT }])]);
    await store.close();
    const again = openLmdbStore(directory);
    expect([...again.load('r').leases]).toEqual(leases);
    expect(again.load('r').endpoint).toEqual(ENDPOINT);
    await again.close();
  });

  test('close waits for what was saved', async () => {
    const store = openLmdbStore(directory);
    let stored = false;
    store.save('r', [{ kind: 'lease', lease: leaseOf(7) }], () => {
      stored = true;
    });
    await store.close();
    expect(stored).toBe(true);
  });

  test('a second use of the directory is refused, in this process and in another', async () => {
    const store = openLmdbStore(directory);
    expect(() => openLmdbStore(directory)).toThrow(
      new InputError(`${directory}: the lease store is in use by process ${process.pid}`),
    );
    const child = startChild(`openLmdbStore(${JSON.stringify(directory)});`);
    expect((await child.finished).errors).toContain(`the lease store is in use by process ${process.pid}`);
    await store.close();
    await openLmdbStore(directory).close();
  });

  test('a place that cannot be a store is told in one line', () => {
    const file = join(directory, 'file');
    writeFileSync(file, 'x');
    expect(() => openLmdbStore(file)).toThrow(/^.*file: the lease store cannot be opened: EEXIST.*$/);
    expect(() => openLmdbStore(join(file, 'below'))).toThrow(InputError);
    // A device: LMDB itself would end the process.
    expect(() => openLmdbStore('/dev/null')).toThrow(InputError);
  });

  test.each([
    ['text', Buffer.from('not a database at all')],
    ['octets', Buffer.from(Array.from({ length: 20_000 }, (_, at) => (at * 7919) % 256))],
    ['a page of zeros', Buffer.alloc(8192)],
  ])('a file of %s in its place is refused, and stays as it is', (_, content) => {
    const file = join(directory, 'data.mdb');
    writeFileSync(file, content);
    expect(() => openLmdbStore(directory)).toThrow(
      new InputError(`${file}: not a lease store, or a damaged one`),
    );
    expect(readFileSync(file).equals(content)).toBe(true);
  });

  test('an empty file, as a crash before the first commit may leave it, is a new store', async () => {
    writeFileSync(join(directory, 'data.mdb'), '');
    const store = openLmdbStore(directory);
    expect([...store.load('r').leases]).toEqual([]);
    await store.close();
  });

  test('when the process is killed, what was called stored is there, and nothing is there in part', async () => {
    for (const killAfter of [1, 40, 700]) {
      const place = join(directory, `${killAfter}`);
      const child = startChild(`
        const store = openLmdbStore(${JSON.stringify(place)});
        const lease = (number) => {
          const address = new Uint8Array(16);
          new DataView(address.buffer).setUint32(12, number);
          return { kind: 'address', address, prefixLength: 128, status: 'ACTIVE', startTimeOfState: number, updateNeeded: false, updateSent: false };
        };
        for (let group = 0; group < 100000; group++) {
          const records = [0, 1, 2].map((each) => ({ kind: 'lease', lease: lease(3 * group + each) }));
          store.save('r', records, () => writeSync(1, group + '\\n'));
          if (group % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
        }`);
      const told: number[] = [];
      for await (const line of child.lines) {
        told.push(Number(line));
        if (told.length === killAfter) child.process.kill('SIGKILL');
      }
      await child.finished;
      const again = openLmdbStore(place);
      const kept = new Map<number, number>();
      for (const { startTimeOfState } of again.load('r').leases) {
        const group = Math.floor(startTimeOfState / 3);
        kept.set(group, (kept.get(group) ?? 0) + 1);
      }
      expect(told.length).toBeGreaterThanOrEqual(killAfter);
      expect(told.filter((group) => kept.get(group) !== 3)).toEqual([]);
      expect([...kept].filter(([, count]) => count !== 3)).toEqual([]);
      await again.close();
    }
  });

  test('when the disk takes no more, that is told once and what was called stored is there', async () => {
    const place = join(directory, 'full');
    // 500 blocks of 1 KiB: a file that may not grow fails as a full disk does.
    const child = startChild(
      `
        const store = openLmdbStore(${JSON.stringify(place)});
        let failed = false;
        store.onFailure((error) => {
          failed = true;
          console.error('failed: ' + error.message);
        });
        for (let number = 0; !failed && number < 1e6; number++) {
          const address = new Uint8Array(16);
          new DataView(address.buffer).setUint32(12, number);
          const lease = { kind: 'address', address, prefixLength: 128, status: 'ACTIVE', startTimeOfState: number, updateNeeded: false, updateSent: false };
          store.save('r', [{ kind: 'lease', lease }], () => writeSync(1, number + '\\n'));
          if (number % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
        await store.close();
        console.error('closed');`,
      'ulimit -f 500; exec "$0" "$@"',
    );
    const told: number[] = [];
    for await (const line of child.lines) told.push(Number(line));
    const { errors } = await child.finished;
    expect(errors.match(/^failed: .*full: leases cannot be stored any more: .+$/gm)).toHaveLength(1);
    expect(errors).toMatch(/\nclosed\n$/);
    expect(told.length).toBeGreaterThan(100);
    const again = openLmdbStore(place);
    const kept = new Set([...again.load('r').leases].map(({ startTimeOfState }) => startTimeOfState));
    expect(told.filter((number) => !kept.has(number))).toEqual([]);
    await again.close();
  });
});

/** Runs a module in a process of its own, from the build, with the store and writeSync imported; `shell` starts it. */
function startChild(code: string, shell = 'exec "$0" "$@"') {
  const file = join(directory, 'child.mjs');
  const source = new URL('../../dist/server/store-lmdb.js', import.meta.url).href;
  writeFileSync(
    file,
    `import { writeSync } from 'node:fs';\nimport { openLmdbStore } from ${JSON.stringify(source)};\n${code}`,
  );
  const child = spawn('bash', ['-c', shell, process.execPath, file], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const finished = once(child, 'close').then(() => ({ errors }));
  return { process: child, lines: createInterface({ input: child.stdout }), finished };
}

test('the files of a store are for their owner alone, in a directory that is open to all, too', async () => {
  chmodSync(directory, 0o755);
  const store = openLmdbStore(directory);
  const files = readdirSync(directory);
  expect(files).toContain('data.mdb');
  for (const name of files) expect(statSync(join(directory, name)).mode & 0o077).toBe(0);
  await store.close();
});
