/** The DHCPv6 client as a dialogue: what it sends and believes at which time, against RFC 8415 §18.2. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Random, seededRandom } from '../../src/base/clock.ts';
import { parseIpv6, parsePrefix } from '../../src/base/ipv6.ts';
import { type ClientConfig, type ClientInput, Dhcpv6Client } from '../../src/sim/client.ts';
import { StatusCode } from '../../src/wire/codes.ts';
import { decodeDhcpv6Message, encodeDhcpv6Message } from '../../src/wire/dhcpv6.ts';
import type { ClientServerMessage, Ia } from '../../src/wire/dhcpv6-messages.ts';
import type { IaLease } from '../../src/wire/messages.ts';

const DUID = Uint8Array.of(0, 3, 0, 1, 2, 0, 0, 0, 1, 1);
const SERVER = Uint8Array.of(0, 3, 0, 1, 2, 0, 0, 0, 0, 1);
const BACKUP = Uint8Array.of(0, 3, 0, 1, 2, 0, 0, 0, 0, 2);
const SECOND = 1000;

const CONFIG: ClientConfig = {
  duid: DUID,
  ias: [
    { kind: 'IA_NA', iaid: 1 },
    { kind: 'IA_PD', iaid: 1, prefixLength: 56 },
  ],
  rapidCommit: false,
};

function address(text: string, validLifetime = 7200): IaLease {
  const octets = parseIpv6(text);
  if (octets === undefined) throw new Error(text);
  const preferredLifetime = validLifetime / 2;
  return { kind: 'address', address: octets, prefixLength: 128, preferredLifetime, validLifetime };
}

function prefix(text: string, validLifetime = 7200): IaLease {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(text);
  const preferredLifetime = validLifetime / 2;
  return {
    kind: 'prefix',
    address: parsed.address,
    prefixLength: parsed.length,
    preferredLifetime,
    validLifetime,
  };
}

const A = address('2001:db8:1::10');
const P = prefix('2001:db8:8000::/56');

function na(...leases: IaLease[]): Ia {
  return { kind: 'IA_NA', iaid: 1, t1: 1800, t2: 2880, leases };
}

function pd(...leases: IaLease[]): Ia {
  return { kind: 'IA_PD', iaid: 1, t1: 1800, t2: 2880, leases };
}

const noBinding = { code: StatusCode.NoBinding, message: '' };

/** A client, its clock, and what it sent last. */
class Dialogue {
  readonly client: Dhcpv6Client;
  now = 0;
  readonly sent: { readonly at: number; readonly message: ClientServerMessage }[] = [];
  readonly events: string[] = [];

  constructor(config: ClientConfig = CONFIG, random: Random = seededRandom(1)) {
    this.client = new Dhcpv6Client(config, random);
  }

  give(input: ClientInput): this {
    for (const output of this.client.handle(input, this.now)) {
      if (output.kind === 'send') {
        const { message, problems } = decodeDhcpv6Message(output.bytes);
        expect(problems).toEqual([]);
        this.sent.push({ at: this.now, message: message as ClientServerMessage });
      } else this.events.push(output.kind === 'drops' ? `drops: ${output.why}` : 'holds');
    }
    return this;
  }

  /** Lets time pass up to `until`, ticking when the client asks for it. */
  pass(until: number): this {
    for (;;) {
      const deadline = this.client.deadline();
      if (deadline === undefined || deadline > until) break;
      this.now = Math.max(this.now, deadline);
      this.give({ kind: 'tick' });
    }
    this.now = until;
    return this;
  }

  get last(): ClientServerMessage {
    const entry = this.sent.at(-1);
    if (entry === undefined) throw new Error('nothing was sent');
    return entry.message;
  }

  answer(type: 'ADVERTISE' | 'REPLY', ias: readonly Ia[], more: Partial<ClientServerMessage> = {}): this {
    const { transactionId } = this.last;
    const bytes = encodeDhcpv6Message({
      type,
      transactionId,
      clientId: DUID,
      serverId: SERVER,
      ias,
      ...more,
    });
    return this.give({ kind: 'datagram', bytes });
  }

  /** Brings it to hold A and P since `now`. */
  bound(): this {
    this.give({ kind: 'start' })
      .pass(SECOND)
      .answer('ADVERTISE', [na(A), pd(P)])
      .pass(3 * SECOND);
    expect(this.last.type).toBe('REQUEST');
    return this.answer('REPLY', [na(A), pd(P)]);
  }

  types(): string[] {
    return this.sent.map(({ message }) => message.type);
  }
}

describe('getting leases', () => {
  it('asks, waits for offers until the first timeout ends, requests what was offered and holds it', () => {
    const dialogue = new Dialogue().give({ kind: 'start' }).pass(SECOND);
    expect(dialogue.last).toMatchObject({
      type: 'SOLICIT',
      clientId: DUID,
      elapsedTime: 0,
      requestedOptions: [82],
    });
    expect(dialogue.last.ias).toMatchObject([
      { kind: 'IA_NA' },
      { kind: 'IA_PD', leases: [{ prefixLength: 56 }] },
    ]);
    dialogue.answer('ADVERTISE', [na(A), pd(P)]);
    expect(dialogue.types()).toEqual(['SOLICIT']);
    dialogue.pass(3 * SECOND);
    expect(dialogue.last).toMatchObject({
      type: 'REQUEST',
      serverId: SERVER,
      ias: [{ leases: [{ address: A.address }] }, {}],
    });
    dialogue.answer('REPLY', [na(A), pd(P)]);
    expect(dialogue.client.held(dialogue.now)).toMatchObject([
      { kind: 'address', validUntil: dialogue.now + 7200 * SECOND },
      { kind: 'prefix', prefixLength: 56 },
    ]);
    expect(dialogue.events).toEqual(['holds', 'holds']);
  });

  it('prefers the server of the highest preference, and does not wait for others after 255', () => {
    const dialogue = new Dialogue().give({ kind: 'start' }).pass(SECOND);
    dialogue.answer('ADVERTISE', [na(A), pd(P)], { preference: 3 });
    dialogue.answer('ADVERTISE', [na(A)], { serverId: BACKUP, preference: 4 });
    dialogue.pass(3 * SECOND);
    expect(dialogue.last.serverId).toEqual(BACKUP);
    const eager = new Dialogue().give({ kind: 'start' }).pass(SECOND);
    eager.answer('ADVERTISE', [na(A)], { preference: 255 });
    expect(eager.last.type).toBe('REQUEST');
  });

  it('ignores offers of nothing, answers for others and answers to what it did not ask', () => {
    const dialogue = new Dialogue().give({ kind: 'start' }).pass(SECOND);
    dialogue.answer('ADVERTISE', [{ ...na(), status: { code: StatusCode.NoAddrsAvail, message: '' } }]);
    dialogue.answer('ADVERTISE', [na(A)], { clientId: SERVER });
    dialogue.answer('ADVERTISE', [na(A)], { transactionId: dialogue.last.transactionId ^ 1 });
    dialogue.answer('REPLY', [na(A)], { rapidCommit: true });
    dialogue.pass(30 * SECOND);
    expect(new Set(dialogue.types())).toEqual(new Set(['SOLICIT']));
    expect(dialogue.client.held(dialogue.now)).toEqual([]);
    expect(new Set(dialogue.sent.map(({ message }) => message.transactionId)).size).toBe(1);
    expect(dialogue.last.elapsedTime).toBeGreaterThan(100);
  });

  it('takes the first offer once the first timeout is over', () => {
    const dialogue = new Dialogue().give({ kind: 'start' }).pass(10 * SECOND);
    dialogue.answer('ADVERTISE', [na(A)]);
    expect(dialogue.last.type).toBe('REQUEST');
  });

  it('commits at once if it may', () => {
    const dialogue = new Dialogue({ ...CONFIG, rapidCommit: true }).give({ kind: 'start' }).pass(SECOND);
    expect(dialogue.last.rapidCommit).toBe(true);
    dialogue.answer('REPLY', [na(A)], { rapidCommit: true });
    expect(dialogue.client.doing).toBe('bound');
  });

  it('begins anew when a server does not answer ten REQUESTs', () => {
    const dialogue = new Dialogue()
      .give({ kind: 'start' })
      .pass(SECOND)
      .answer('ADVERTISE', [na(A)])
      .pass(400 * SECOND);
    const types = dialogue.types();
    expect(types.filter((type) => type === 'REQUEST')).toHaveLength(10);
    expect(types.at(-1)).toBe('SOLICIT');
  });

  it('waits before it begins anew when it was given nothing', () => {
    const dialogue = new Dialogue()
      .give({ kind: 'start' })
      .pass(SECOND)
      .answer('ADVERTISE', [na(A)])
      .pass(3 * SECOND);
    const status = { code: StatusCode.NoAddrsAvail, message: '' };
    dialogue.answer('REPLY', [{ ...na(), status }]).pass(12 * SECOND);
    expect(dialogue.last.type).toBe('REQUEST');
    dialogue.pass(24 * SECOND);
    expect(dialogue.last.type).toBe('SOLICIT');
  });
});

describe('keeping leases', () => {
  it('renews at T1 with the same server, rebinds at T2 with any, forgets at the end and begins anew', () => {
    const dialogue = new Dialogue().bound();
    const begun = dialogue.now;
    dialogue.pass(begun + 7199 * SECOND);
    const first = (type: string) => dialogue.sent.find(({ message }) => message.type === type);
    expect(first('RENEW')).toMatchObject({ at: begun + 1800 * SECOND, message: { serverId: SERVER } });
    expect(first('REBIND')?.at).toBe(begun + 2880 * SECOND);
    expect(first('REBIND')?.message.serverId).toBeUndefined();
    expect(first('REBIND')?.message.ias).toMatchObject([
      { leases: [{ address: A.address }] },
      { leases: [{}] },
    ]);
    expect(dialogue.client.held(dialogue.now)).toHaveLength(2);
    dialogue.pass(begun + 7201 * SECOND);
    expect(dialogue.client.held(dialogue.now)).toEqual([]);
    expect(dialogue.last.type).toBe('SOLICIT');
    expect(dialogue.events.slice(2)).toEqual(['drops: valid lifetime', 'drops: valid lifetime']);
  });

  it('takes new lifetimes from the answer, and a lifetime of 0 as the end', () => {
    const dialogue = new Dialogue().bound().pass(1804 * SECOND);
    expect(dialogue.last.type).toBe('RENEW');
    const B = address('2001:db8:1::11');
    dialogue.answer('REPLY', [na(address('2001:db8:1::10', 0), B), pd(P)]);
    expect(dialogue.client.held(dialogue.now)).toMatchObject([
      { address: B.address, validUntil: dialogue.now + 7200 * SECOND },
      { address: P.address, validUntil: dialogue.now + 7200 * SECOND },
    ]);
    expect(dialogue.events).toContain('drops: withdrawn by the server');
    expect(dialogue.client.doing).toBe('bound');
  });

  it('requests all IAs if one has no binding, and keeps what it has till then', () => {
    const dialogue = new Dialogue().bound().pass(1804 * SECOND);
    dialogue.answer('REPLY', [{ ...na(), status: noBinding }, pd(P)]);
    expect(dialogue.last).toMatchObject({
      type: 'REQUEST',
      serverId: SERVER,
      ias: [{ kind: 'IA_NA' }, { kind: 'IA_PD' }],
    });
    expect(dialogue.client.held(dialogue.now)).toHaveLength(2);
  });

  it('does not ask again at once what was refused', () => {
    const dialogue = new Dialogue().bound().pass(1804 * SECOND);
    dialogue.answer('REPLY', [{ ...na(), status: noBinding }, pd(P)]);
    const count = dialogue.sent.length;
    dialogue.answer('REPLY', [{ ...na(), status: { code: StatusCode.NoAddrsAvail, message: '' } }, pd(P)]);
    dialogue.pass(dialogue.now + 100 * SECOND);
    expect(dialogue.sent).toHaveLength(count);
  });

  it('asks on for an IA that the answer left out', () => {
    const dialogue = new Dialogue()
      .bound()
      .pass(1804 * SECOND)
      .answer('REPLY', [na(A)])
      .pass(1830 * SECOND);
    expect(dialogue.client.doing).toBe('RENEW');
  });

  it('keeps what it has when a server fails for reasons of its own', () => {
    const dialogue = new Dialogue().bound().pass(1804 * SECOND);
    dialogue.answer('REPLY', [na(address('2001:db8:1::10', 0))], {
      status: { code: StatusCode.UnspecFail, message: '' },
    });
    expect(dialogue.client.held(dialogue.now)).toHaveLength(2);
    expect(dialogue.client.doing).toBe('RENEW');
  });

  it('takes no IA with T1 after T2 and no lease that is preferred longer than valid (§21.4, §21.6)', () => {
    const dialogue = new Dialogue().bound().pass(1804 * SECOND);
    const before = dialogue.client.held(dialogue.now);
    dialogue.answer('REPLY', [{ ...na(A), t1: 2880, t2: 1800 }, pd({ ...P, preferredLifetime: 7201 })]);
    expect(dialogue.client.held(dialogue.now)).toEqual(before);
  });

  it('chooses T1 and T2 where the server leaves it the choice', () => {
    const dialogue = new Dialogue({ ...CONFIG, ias: [{ kind: 'IA_NA', iaid: 1 }] }).give({ kind: 'start' });
    dialogue
      .pass(SECOND)
      .answer('ADVERTISE', [na(A)])
      .pass(3 * SECOND);
    dialogue.answer('REPLY', [{ ...na(A), t1: 0, t2: 0 }]);
    expect(dialogue.client.deadline()).toBe(dialogue.now + 1800 * SECOND);
  });
});

describe('giving leases back', () => {
  it('stops using them first, says so up to four times, and is done', () => {
    const dialogue = new Dialogue().bound();
    dialogue.give({ kind: 'release' });
    expect(dialogue.client.held(dialogue.now)).toEqual([]);
    expect(dialogue.last).toMatchObject({
      type: 'RELEASE',
      serverId: SERVER,
      ias: [{ leases: [{}] }, { leases: [{}] }],
    });
    dialogue.pass(dialogue.now + 100 * SECOND);
    expect(dialogue.types().filter((type) => type === 'RELEASE')).toHaveLength(4);
    expect([dialogue.client.doing, dialogue.client.deadline()]).toEqual(['off', undefined]);
  });

  it('is done with the first answer, whatever it says', () => {
    const dialogue = new Dialogue().bound().give({ kind: 'release' });
    dialogue.answer('REPLY', [{ ...na(), status: noBinding }]);
    expect([dialogue.client.doing, dialogue.client.deadline()]).toEqual(['off', undefined]);
  });

  it('declines an address and keeps the rest', () => {
    const dialogue = new Dialogue().bound().give({ kind: 'decline', address: A.address });
    expect(dialogue.last).toMatchObject({
      type: 'DECLINE',
      serverId: SERVER,
      ias: [{ kind: 'IA_NA', leases: [{ address: A.address }] }],
    });
    expect(dialogue.client.held(dialogue.now)).toMatchObject([{ kind: 'prefix' }]);
    dialogue.answer('REPLY', []);
    expect(dialogue.client.doing).toBe('bound');
  });

  it('forgets everything without a word when the power is cut, and can start again', () => {
    const dialogue = new Dialogue().bound().give({ kind: 'power-off' });
    expect([dialogue.client.held(dialogue.now), dialogue.client.deadline()]).toEqual([[], undefined]);
    dialogue.give({ kind: 'start' }).pass(dialogue.now + SECOND);
    expect(dialogue.last.type).toBe('SOLICIT');
  });
});

describe('a link that may have changed', () => {
  it('is confirmed with addresses alone, and rebound with prefixes', () => {
    const alone = new Dialogue({ ...CONFIG, ias: [{ kind: 'IA_NA', iaid: 1 }] }).give({ kind: 'start' });
    alone
      .pass(SECOND)
      .answer('ADVERTISE', [na(A)])
      .pass(3 * SECOND)
      .answer('REPLY', [na(A)]);
    alone.give({ kind: 'link-changed' }).pass(5 * SECOND);
    expect(alone.last).toMatchObject({ type: 'CONFIRM', ias: [{ leases: [{ address: A.address }] }] });
    alone.answer('REPLY', [], { status: { code: StatusCode.NotOnLink, message: '' } });
    expect(alone.last.type).toBe('SOLICIT');
    expect(alone.client.held(alone.now)).toEqual([]);

    const both = new Dialogue()
      .bound()
      .give({ kind: 'link-changed' })
      .pass(5 * SECOND);
    expect(both.last.type).toBe('REBIND');
    both.pass(60 * SECOND);
    expect([both.client.doing, both.client.held(both.now).length]).toEqual(['bound', 2]);
  });
});

describe('anything at any time', () => {
  it('never throws, never holds what has ended, and asks for time only in the future', () => {
    const leases = fc.constantFrom(A, P, address('2001:db8:1::10', 0), address('2001:db8:1::11', 60));
    const ias = fc.array(
      fc.record({
        kind: fc.constantFrom('IA_NA' as const, 'IA_PD' as const),
        t1: fc.nat(4000),
        t2: fc.nat(4000),
        leases: fc.array(leases),
      }),
      { maxLength: 3 },
    );
    const step = fc.oneof(
      fc.record({ kind: fc.constant('pass' as const), seconds: fc.nat(4000) }),
      fc.record({
        kind: fc.constantFrom(
          'start' as const,
          'release' as const,
          'link-changed' as const,
          'power-off' as const,
        ),
      }),
      fc.record({ kind: fc.constant('decline' as const), address: fc.constant(A.address) }),
      fc.record({ kind: fc.constant('datagram' as const), bytes: fc.uint8Array({ maxLength: 60 }) }),
      fc.record({
        kind: fc.constant('answer' as const),
        type: fc.constantFrom('ADVERTISE' as const, 'REPLY' as const),
        ias,
      }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.nat(), (steps, seed) => {
        const dialogue = new Dialogue(CONFIG, seededRandom(seed)).give({ kind: 'start' });
        for (const each of steps) {
          if (each.kind === 'pass') dialogue.pass(dialogue.now + each.seconds * SECOND);
          else if (each.kind !== 'answer') dialogue.give(each);
          else if (dialogue.sent.length > 0) {
            dialogue.answer(
              each.type,
              each.ias.map((ia) => ({ ...ia, iaid: 1 })),
            );
          }
          for (const { validUntil } of dialogue.client.held(dialogue.now))
            expect(validUntil).toBeGreaterThan(dialogue.now);
          const deadline = dialogue.client.deadline();
          if (deadline !== undefined) expect(deadline).toBeGreaterThan(dialogue.now);
        }
      }),
      { numRuns: 300 },
    );
  });
});
