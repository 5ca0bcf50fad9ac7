/** Goal: every transition of RFC 8156 §8, as its text has it. The table is typed off §8.4 to §8.12, not off the code. */
import { describe, expect, it } from 'vitest';
import { leaveStartup, onEvent, onPartnerState, stateBeforeStartup } from '../../src/failover/machine.ts';
import { LASTING_STATES, type LastingState } from '../../src/failover/state.ts';

const SHORT = {
  N: 'NORMAL',
  CI: 'COMMUNICATIONS-INTERRUPTED',
  PD: 'PARTNER-DOWN',
  PC: 'POTENTIAL-CONFLICT',
  R: 'RECOVER',
  RW: 'RECOVER-WAIT',
  RD: 'RECOVER-DONE',
  RI: 'RESOLUTION-INTERRUPTED',
  CD: 'CONFLICT-DONE',
} as const satisfies Record<string, LastingState>;
type Short = keyof typeof SHORT;

/** Own state, then where the partner's N CI PD PC R RW RD RI CD lead; "-" stays. */
const BY_PARTNER: Record<Short, string> = {
  // §8.8.2: unexpected states of the partner lead to COMMUNICATIONS-INTERRUPTED.
  N: '- - CI CI CI CI - CI -',
  // §8.9.2
  CI: 'N N PC PC - - N PC PC',
  // §8.4.2
  PD: 'PC PC PC PC - - N PC PC',
  // §8.10.2: only UPDDONE and the loss of communications lead on.
  PC: '- - - - - - - - -',
  // §8.5.2
  R: '- - - PC - - - PC PC',
  // §8.6.2
  RW: '- - - - - - - - -',
  // §8.7.2; CONFLICT-DONE is our reading.
  RD: 'N - - PC CI CI N - PC',
  // §8.11.2
  RI: 'PC PC PC PC PC PC PC PC PC',
  // §8.12.2
  CD: 'N - - - - - - - -',
};

describe('by the partner', () => {
  for (const [own, line] of Object.entries(BY_PARTNER) as [Short, string][]) {
    it(SHORT[own], () => {
      const partners = Object.keys(BY_PARTNER) as Short[];
      const led = partners.map((partner) => {
        const move = onPartnerState(SHORT[own], SHORT[partner]);
        return move === null ? '-' : Object.entries(SHORT).find(([, name]) => name === move.to)?.[0];
      });
      expect(led.join(' ')).toBe(line);
    });
  }
});

describe('by events', () => {
  const rows: readonly [Parameters<typeof onEvent>[0], Short, 'primary' | 'secondary', Short | null][] = [];
  const all = [...rows];
  const add = (event: Parameters<typeof onEvent>[0], own: Short, to: Short, secondary: Short = to) => {
    all.push([event, own, 'primary', to], [event, own, 'secondary', secondary]);
  };
  add('communications-failed', 'N', 'CI');
  add('communications-failed', 'PC', 'RI');
  add('operator-partner-down', 'N', 'PD');
  add('operator-partner-down', 'CI', 'PD');
  add('operator-partner-down', 'RI', 'PD');
  add('auto-partner-down', 'CI', 'PD');
  add('update-done', 'R', 'RW');
  add('update-done', 'PC', 'CD', 'N');
  add('recover-wait-over', 'RW', 'RD');
  for (const [event, own, role, to] of all) {
    it(`${event} in ${SHORT[own]} as ${role}`, () => {
      expect(onEvent(event, SHORT[own], role)?.to).toBe(to === null ? undefined : SHORT[to]);
    });
  }

  it('and nothing else moves', () => {
    const events = [
      'communications-failed',
      'operator-partner-down',
      'auto-partner-down',
      'update-done',
      'recover-wait-over',
    ] as const;
    const moving = events.flatMap((event) =>
      LASTING_STATES.flatMap((own) =>
        (['primary', 'secondary'] as const).filter((role) => onEvent(event, own, role) !== null),
      ),
    );
    expect(moving).toHaveLength(all.length);
  });
});

describe('out of STARTUP (§8.3.2)', () => {
  it('step 2: communications were OK and are no longer', () => {
    expect(stateBeforeStartup('NORMAL', 'primary')).toBe('COMMUNICATIONS-INTERRUPTED');
    expect(stateBeforeStartup('POTENTIAL-CONFLICT', 'secondary')).toBe('RESOLUTION-INTERRUPTED');
    expect(stateBeforeStartup('PARTNER-DOWN', 'primary')).toBe('PARTNER-DOWN');
    expect(stateBeforeStartup('RECOVER-WAIT', 'primary')).toBe('RECOVER-WAIT');
  });

  const facts = {
    previous: 'COMMUNICATIONS-INTERRUPTED',
    partnerState: 'PARTNER-DOWN',
    partnerStartTime: 2000,
    lastOperationTime: 1000,
    lostMemory: false,
  } as const;

  it('step 5: the partner went PARTNER-DOWN after this server last operated', () => {
    expect(leaveStartup(facts).to).toBe('RECOVER');
    expect(leaveStartup({ ...facts, lastOperationTime: 1994 }).to).toBe('RECOVER');
  });

  it('step 5: the partner was PARTNER-DOWN while this server still operated', () => {
    expect(leaveStartup({ ...facts, lastOperationTime: 2006 }).to).toBe('POTENTIAL-CONFLICT');
  });

  it('step 5: within five seconds it is taken for down, as its operator took it (seeds 8331 and 9431)', () => {
    expect(leaveStartup({ ...facts, lastOperationTime: 2005 }).to).toBe('RECOVER');
    expect(leaveStartup({ ...facts, lastOperationTime: 1995 }).to).toBe('RECOVER');
  });

  it('step 5: any other state of the partner', () => {
    expect(leaveStartup({ ...facts, partnerState: 'NORMAL' }).to).toBe('COMMUNICATIONS-INTERRUPTED');
  });

  it('step 5: a recovering server asks for what its partner gave since it went PARTNER-DOWN', () => {
    for (const previous of ['RECOVER', 'RECOVER-WAIT', 'RECOVER-DONE'] as const) {
      expect(leaveStartup({ ...facts, previous }).to).toBe('RECOVER');
    }
  });

  it('goes on with a recovery that had begun', () => {
    expect(leaveStartup({ ...facts, previous: 'RECOVER-WAIT', lastOperationTime: 3000 }).to).toBe(
      'RECOVER-WAIT',
    );
  });

  it('recovers what was lost when the partner remembers and the disk does not', () => {
    expect(leaveStartup({ ...facts, previous: 'PARTNER-DOWN', lostMemory: true }).to).toBe('RECOVER');
  });
});
