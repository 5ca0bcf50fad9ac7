/** What an endpoint says is carried out in order; a partner that is faster than the disk has to wait. */
import { expect, test } from 'vitest';
import { readU16 } from '../../src/base/bytes.ts';
import { toEpoch2000 } from '../../src/base/time.ts';
import type { RelationshipConfig } from '../../src/server/config.ts';
import { EndpointDriver, type PartnerStream, type World } from '../../src/server/endpoint-driver.ts';
import { endpointConfig } from '../../src/server/engine-config.ts';
import { encodeFailoverFrame } from '../../src/wire/failover.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { configOf } from './pair.ts';

const START = Date.UTC(2026, 10, 21);

/** A store that stores when it is told to. */
class SlowStore extends MemoryStore {
  readonly waiting: (() => void)[] = [];
  override save(relationship: string, records: Parameters<MemoryStore['save']>[1], stored: () => void): void {
    super.save(relationship, records, () => undefined);
    this.waiting.push(stored);
  }
  storeAll(): void {
    // What is stored may lead to more.
    for (let stored = this.waiting.shift(); stored !== undefined; stored = this.waiting.shift()) stored();
  }
}

class FakeStream implements PartnerStream {
  readonly did: string[] = [];
  handler: Parameters<PartnerStream['handle']>[0] | undefined;
  handle(handler: Parameters<PartnerStream['handle']>[0]): void {
    this.handler = handler;
  }
  send(bytes: Uint8Array): void {
    // Several messages may leave together: each is two octets of length, then its type.
    for (let at = 0; at < bytes.length; at += 2 + readU16(bytes, at)) this.did.push(`send ${bytes[at + 2]}`);
  }
  close(): void {
    this.did.push('close');
  }
  abort(): void {
    this.did.push('abort');
  }
  pause(): void {
    this.did.push('pause');
  }
  resume(): void {
    this.did.push('resume');
  }
}

interface Timer {
  readonly at: number;
  readonly wake: () => void;
}

/** Time that passes when it is told to. */
class FakeTime {
  /** Unix milliseconds. */
  now = START;
  longestWait = 0;
  private elapsed = 0;
  private timers: Timer[] = [];

  after(millis: number, wake: () => void): { cancel(): void } {
    this.longestWait = Math.max(this.longestWait, millis);
    const timer = { at: this.elapsed + millis, wake };
    this.timers.push(timer);
    return {
      cancel: () => {
        this.timers = this.timers.filter((one) => one !== timer);
      },
    };
  }

  pass(millis: number): void {
    const end = this.elapsed + millis;
    for (;;) {
      const [next] = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      const at = next?.at ?? end;
      this.now += at - this.elapsed;
      this.elapsed = at;
      if (next === undefined) return;
      this.timers = this.timers.filter((one) => one !== next);
      next.wake();
    }
  }
}

function secondaryOn(store: MemoryStore, time = new FakeTime(), startupSeconds = 1): EndpointDriver {
  const [relationship] = configOf('secondary', 'unused', 0).relationships as [RelationshipConfig];
  const world: World = {
    clock: { nowMillis: () => time.now },
    store,
    after: (millis, wake) => time.after(millis, wake),
    connect: () => Promise.reject(new Error('a secondary does not dial')),
  };
  return new EndpointDriver(
    'pair',
    endpointConfig({ ...relationship, startupSeconds }),
    world,
    () => undefined,
  );
}

const CONNECT = encodeFailoverFrame({
  type: 'CONNECT',
  transactionId: 1,
  sentTime: toEpoch2000(START),
  protocolVersion: { major: 1, minor: 0 },
  mclt: 30,
  keepaliveTime: 60,
  maxUnackedBndupd: 10,
  connectFlags: 1,
  relationshipName: 'pair',
});

function bindingUpdate(number: number): Uint8Array {
  const time = toEpoch2000(START);
  const address = Uint8Array.from([0x20, 1, 0xd, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, number & 0xff]);
  const times = { startTimeOfState: time, stateExpirationTime: time + 200, partnerLifetime: time + 300 };
  const lease = {
    kind: 'address' as const,
    address,
    prefixLength: 128,
    preferredLifetime: 100,
    validLifetime: 200,
  };
  return encodeFailoverFrame({
    type: 'BNDUPD',
    transactionId: number,
    sentTime: time,
    clientData: {
      clientId: Uint8Array.of(0, 3, 0, 1, number >> 8, number),
      baseTime: time,
      ias: [
        {
          kind: 'IA_NA',
          iaid: 1,
          t1: 50,
          t2: 80,
          leases: [{ ...lease, ...times, bindingStatus: 1, cltTime: 0 }],
        },
      ],
    },
  });
}

const BNDREPLY = 'send 25';
const STATE = 'send 34';

test('STATE and BNDREPLY leave when what they depend on is stored, not before', () => {
  const store = new SlowStore();
  const driver = secondaryOn(store);
  driver.start();
  const stream = new FakeStream();
  driver.accept(stream, CONNECT);
  expect(stream.did).not.toContain(STATE);
  store.storeAll();
  expect(stream.did).toContain(STATE);
  stream.handler?.bytes(bindingUpdate(1));
  expect(stream.did).not.toContain(BNDREPLY);
  store.storeAll();
  expect(stream.did.filter((what) => what === BNDREPLY)).toHaveLength(1);
});

test('nothing more is read from a partner while a thousand commits are waited for', () => {
  const store = new SlowStore();
  const driver = secondaryOn(store);
  driver.start();
  const stream = new FakeStream();
  driver.accept(stream, CONNECT);
  store.storeAll();
  for (let number = 0; number < 1_000; number++) stream.handler?.bytes(bindingUpdate(number));
  expect(stream.did).not.toContain('pause');
  stream.handler?.bytes(bindingUpdate(1_000));
  expect(stream.did.at(-1)).toBe('pause');
  store.waiting.splice(0, 400).forEach((stored) => void stored());
  expect(stream.did).not.toContain('resume');
  store.storeAll();
  expect(stream.did.filter((what) => what === 'resume')).toHaveLength(1);
  expect(stream.did.filter((what) => what === BNDREPLY)).toHaveLength(1_001);
});

test('octets of a connection that was replaced are not heard any more', () => {
  const store = new SlowStore();
  const driver = secondaryOn(store);
  driver.start();
  const old = new FakeStream();
  driver.accept(old, CONNECT);
  store.storeAll();
  const fresh = new FakeStream();
  driver.accept(fresh, CONNECT);
  expect(old.did.at(-1)).toBe('close');
  old.handler?.bytes(bindingUpdate(1));
  old.handler?.closed('late');
  store.storeAll();
  expect(fresh.did).not.toContain(BNDREPLY);
  fresh.handler?.bytes(bindingUpdate(2));
  store.storeAll();
  expect(fresh.did).toContain(BNDREPLY);
});

test('a timer is kept to the second, in slices so short that a clock that is set is noticed', () => {
  const time = new FakeTime();
  const driver = secondaryOn(new SlowStore(), time, 3600);
  driver.start();
  time.pass(3_599_000);
  expect(driver.endpoint.state).toBe('STARTUP');
  time.pass(1_000);
  expect(driver.endpoint.state).toBe('RECOVER');
  expect(time.longestWait).toBe(10_000);
});
