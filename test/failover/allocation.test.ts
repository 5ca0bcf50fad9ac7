/** The search for a free resource: bounded, and not repeated for nothing by clients that ask an empty pool. */
import { describe, expect, it, vi } from 'vitest';
import { pick, type Situation } from '../../src/failover/allocation.ts';
import { Bindings } from '../../src/failover/bindings.ts';
import type { Lease, Resource } from '../../src/failover/lease.ts';
import type { BindingStatus } from '../../src/failover/state.ts';
import { address, addressOf, client, holder, prefix } from './samples.ts';

const NOW = 1_767_225_600_000;
const NORMAL: Situation = {
  role: 'primary',
  state: 'NORMAL',
  mclt: 3600,
  partnerDownTime: undefined,
  alone: false,
};
/** Since an hour before NOW, which is 820540800 in seconds since 2000. */
const ALONE: Situation = {
  role: 'primary',
  state: 'PARTNER-DOWN',
  mclt: 3600,
  partnerDownTime: 820_537_200,
  alone: true,
};

function lease(resource: Resource, status: BindingStatus): Lease {
  return {
    ...resource,
    status,
    holder: holder(client(9), 3600),
    startTimeOfState: 820_540_800,
    updateNeeded: false,
    updateSent: false,
  };
}

function put(bindings: Bindings, resource: Resource, status: BindingStatus): void {
  bindings.put(lease(resource, status), NOW);
}

/** 16 prefixes, all with somebody. */
function full(): Bindings {
  const bindings = new Bindings([
    { kind: 'prefix', prefix: { address: addressOf('2001:db8:100::'), length: 52 }, delegatedLength: 56 },
    { kind: 'address', first: addressOf('2001:db8::'), last: addressOf('2001:db8::ff') },
  ]);
  for (let index = 0; index < 16; index++) {
    put(bindings, prefix(`2001:db8:100:${index.toString(16)}00::/56`), 'ACTIVE');
  }
  return bindings;
}

interface Question {
  readonly who?: number;
  readonly now?: number;
  readonly taken?: readonly Resource[];
  readonly situation?: Situation;
}

function ask(
  bindings: Bindings,
  { who = 1, now = NOW, taken = [], situation = NORMAL }: Question = {},
): Resource | undefined {
  const use = bindings.pools[0];
  if (use === undefined) throw new Error('a pool');
  return pick(situation, bindings, use, client(who, 'IA_PD'), now, undefined, taken);
}

describe('pick', () => {
  it('walks a pool without anything free once, whoever asks and whatever else they got', () => {
    const bindings = full();
    const looks = vi.spyOn(bindings, 'at');
    expect(ask(bindings)).toBeUndefined();
    expect(looks.mock.calls.length).toBeGreaterThanOrEqual(16);
    looks.mockClear();
    const taken = [address('2001:db8::1')];
    for (let who = 2; who < 50; who++) {
      expect(ask(bindings, { who, now: NOW + 1e6 * who, taken })).toBeUndefined();
    }
    expect(looks).not.toHaveBeenCalled();
  });

  it('walks it again in another state, and every second where time alone sets leases free', () => {
    const bindings = full();
    const looks = vi.spyOn(bindings, 'at');
    const walks = (question: Question): boolean => {
      looks.mockClear();
      ask(bindings, question);
      return looks.mock.calls.length > 0;
    };
    expect(walks({})).toBe(true);
    expect(walks({ situation: ALONE })).toBe(true);
    expect(walks({ situation: ALONE, now: NOW + 999 })).toBe(false);
    expect(walks({ situation: ALONE, now: NOW + 1000 })).toBe(true);
    expect(walks({})).toBe(true);
  });

  it('finds at once what gets free', () => {
    const bindings = full();
    expect(ask(bindings)).toBeUndefined();
    put(bindings, prefix('2001:db8:100:300::/56'), 'FREE');
    expect(ask(bindings)).toMatchObject(prefix('2001:db8:100:300::/56'));
  });

  it('does not call a pool empty because one answer takes the last of it', () => {
    const bindings = full();
    const last = prefix('2001:db8:100:300::/56');
    put(bindings, last, 'FREE');
    expect(ask(bindings, { taken: [last] })).toBeUndefined();
    expect(ask(bindings, { who: 2 })).toMatchObject(last);
  });
});
