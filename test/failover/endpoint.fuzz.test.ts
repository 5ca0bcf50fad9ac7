/** An endpoint whose partner says anything at any time: nothing of it may end the process. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addSeconds, toEpoch2000 } from '../../src/base/time.ts';
import { bindingReply } from '../../src/failover/binding-update.ts';
import { Endpoint } from '../../src/failover/endpoint.ts';
import type { Input } from '../../src/failover/io.ts';
import { decodeFailoverMessage, encodeFailoverFrame } from '../../src/wire/failover.ts';
import { FrameSplitter } from '../../src/wire/framing.ts';
import type { FailoverMessage, LeaseInfo } from '../../src/wire/messages.ts';
import { failoverMessages } from '../support/generated.ts';
import { configOf, type Side, START } from './pair.ts';
import { address, client, prefix } from './samples.ts';

const CONNECT_OPTIONS = {
  protocolVersion: { major: 1, minor: 0 },
  mclt: 3600,
  keepaliveTime: 60,
  maxUnackedBndupd: 10,
  connectFlags: 1,
} as const;

type Step =
  | { readonly kind: 'message'; readonly message: FailoverMessage }
  | { readonly kind: 'octets'; readonly octets: Uint8Array }
  | { readonly kind: 'pass'; readonly seconds: number }
  | { readonly kind: 'connected' | 'closed' };

/** Leases of our pools, so that updates are more than rejected. */
const pooled: fc.Arbitrary<LeaseInfo> = fc
  .record({
    prefix: fc.boolean(),
    number: fc.integer({ min: 0, max: 15 }),
    bindingStatus: fc.integer({ min: 0, max: 9 }),
    times: fc.array(fc.integer({ min: -5000, max: 5000 }), { minLength: 6, maxLength: 6 }),
  })
  .map(({ prefix: isPrefix, number, bindingStatus, times }) => {
    const at = (index: number): number => addSeconds(toEpoch2000(START), times[index] as number);
    return {
      ...(isPrefix ? prefix(`2001:db8:100:${number.toString(16)}00::/56`) : address(`2001:db8::${number}`)),
      preferredLifetime: 100,
      validLifetime: 200,
      bindingStatus,
      baseTime: at(0),
      startTimeOfState: at(1),
      stateExpirationTime: at(2),
      partnerLifetime: at(3),
      expirationTime: at(4),
      cltTime: Math.abs(times[5] as number),
    };
  });

const update: fc.Arbitrary<FailoverMessage> = fc
  .record({
    transactionId: fc.nat(0xffffff),
    who: fc.integer({ min: 1, max: 3 }),
    lease: pooled,
    alone: fc.boolean(),
  })
  .map(({ transactionId, who, lease, alone }) => {
    const base = { type: 'BNDUPD', transactionId, sentTime: 0 } as const;
    if (alone && lease.kind === 'prefix') return { ...base, prefixLease: lease };
    const { baseTime, ...rest } = lease;
    const kind = lease.kind === 'prefix' ? 'IA_PD' : 'IA_NA';
    const ias = [{ kind, iaid: 1, t1: 50, t2: 80, leases: [rest] }] as const;
    return { ...base, clientData: { clientId: client(who).duid, baseTime: baseTime as number, ias } };
  });

const state: fc.Arbitrary<FailoverMessage> = fc.record({
  type: fc.constant('STATE' as const),
  transactionId: fc.nat(0xffffff),
  sentTime: fc.constant(0),
  serverState: fc.oneof(fc.constantFrom(2, 4, 6, 8), fc.integer({ min: 1, max: 10 })),
  serverFlags: fc.constantFrom(1, 1, 1, 0, 3, 5),
  startTimeOfState: fc.constant(toEpoch2000(START)),
});

const plain: fc.Arbitrary<FailoverMessage> = fc.record({
  type: fc.constantFrom('UPDREQ', 'UPDREQALL', 'UPDDONE', 'POOLREQ', 'POOLRESP', 'CONTACT'),
  transactionId: fc.nat(0xffffff),
  sentTime: fc.constant(0),
});

const message = fc.oneof(
  { weight: 6, arbitrary: update },
  { weight: 4, arbitrary: state },
  { weight: 4, arbitrary: plain },
  { weight: 1, arbitrary: failoverMessages },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 30, arbitrary: fc.record({ kind: fc.constant('message' as const), message }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('octets' as const), octets: fc.uint8Array({ maxLength: 40 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), seconds: fc.constantFrom(1, 10, 70, 4000) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('connected' as const, 'closed' as const) }) },
);

/** One endpoint with a disk that stores at once and a partner whose words come from a generator. */
class Alone {
  now = START;
  readonly endpoint: Endpoint<string>;
  private readonly role: Side;
  private splitter = new FrameSplitter();
  private answers: FailoverMessage[] = [];
  private connected = false;

  constructor(role: Side) {
    this.role = role;
    this.endpoint = new Endpoint<string>(configOf(role), { leases: [] }, START);
    this.feed({ kind: 'tick' });
  }

  take(step: Step): void {
    if (!this.connected && step.kind !== 'closed') this.connect();
    switch (step.kind) {
      case 'message':
        this.say(step.message);
        return;
      case 'octets':
        this.feed({ kind: 'bytes', bytes: step.octets });
        return;
      case 'pass':
        this.now += step.seconds * 1000;
        this.feed({ kind: 'tick' });
        return;
      case 'connected':
        this.connect();
        return;
      case 'closed':
        this.feed({ kind: 'closed', why: 'closed' });
        this.connected = false;
    }
  }

  private connect(): void {
    this.feed({ kind: 'closed', why: 'a new one' });
    this.splitter = new FrameSplitter();
    this.connected = true;
    this.feed({ kind: 'connected' });
    if (this.role === 'secondary') {
      this.say({ type: 'CONNECT', transactionId: 1, sentTime: 0, ...CONNECT_OPTIONS });
    }
  }

  private say(message: FailoverMessage): void {
    this.feed({ kind: 'bytes', bytes: encodeFailoverFrame(this.inTime(message)) });
  }

  /** Most messages come from a clock like ours, or none would be taken up. */
  private inTime(message: FailoverMessage): FailoverMessage {
    const near = 'sentTime' in message && message.sentTime % 8 !== 7;
    return near ? { ...message, sentTime: toEpoch2000(this.now) } : message;
  }

  private feed(input: Input<string>): void {
    const inputs = [input];
    for (let next = inputs.shift(); next !== undefined; next = inputs.shift()) {
      for (const output of this.endpoint.handle(next, this.now)) {
        if (output.kind === 'persist') inputs.push({ kind: 'stored', token: output.token });
        else if (output.kind === 'send') this.read(output.bytes);
        else if (output.kind === 'connect') inputs.push({ kind: 'connected' });
        else if (output.kind === 'close') this.connected = false;
      }
      const answer = this.answers.shift();
      if (answer !== undefined)
        inputs.push({ kind: 'bytes', bytes: encodeFailoverFrame(this.inTime(answer)) });
    }
  }

  /** What it says is well-formed; CONNECT and every other BNDUPD are answered as they should be. */
  private read(bytes: Uint8Array): void {
    this.splitter.push(bytes, (octets, start, end) => {
      const { message, problems } = decodeFailoverMessage(octets, start, end);
      expect(problems).toEqual([]);
      const { transactionId } = message as FailoverMessage;
      const common = { transactionId, sentTime: 0 };
      if (message.type === 'CONNECT')
        this.answers.push({ type: 'CONNECTREPLY', ...common, ...CONNECT_OPTIONS });
      else if (message.type === 'BNDUPD' && transactionId % 2 === 0) {
        this.answers.push(bindingReply(message, { leases: [] }));
      }
    });
  }
}

describe('an endpoint whose partner says anything', () => {
  it.each(['primary', 'secondary'] as const)('%s: goes on, and says only what can be read', (role) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const alone = new Alone(role);
        alone.take({ kind: 'connected' });
        for (const each of steps) alone.take(each);
      }),
      { numRuns: 100 },
    );
  });
});
