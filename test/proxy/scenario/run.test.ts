import { describe, expect, it } from 'vitest';
import type { Connection } from '../../../src/base/frame.ts';
import { loadDissectors } from '../../../src/dissect/load.ts';
import type { ProxyEvent } from '../../../src/proxy/events.ts';
import { junit, reportLines } from '../../../src/proxy/scenario/report.ts';
import { type ScenarioOutput, type ScenarioResult, ScenarioRun } from '../../../src/proxy/scenario/run.ts';
import { scenarioFrom } from '../../../src/proxy/scenario/scenario.ts';
import { handMessage, option } from '../../support/messages.ts';

const dissectors = loadDissectors();

const LOST_REPLIES = {
  name: 'lost replies',
  about: 'replies are lost',
  phases: [
    { name: 'come up', expect: ['both NORMAL within 60s'] },
    {
      name: 'lose',
      faults: ['drop s>p BNDREPLY times 2'],
      orders: ['secondary kill'],
      duration: '5s',
      expect: ['2 BNDUPD p>s within 10s', 'both never PARTNER-DOWN'],
    },
  ],
  heal: ['both NORMAL within 30s'],
  sometimes: ['secondary RECOVER'],
};

interface Playing {
  readonly run: ScenarioRun;
  readonly outputs: ScenarioOutput[];
  at(seconds: number, ...events: ProxyEvent[]): void;
}

/** A run whose time and events the test decides. */
function playing(value: unknown, startSeconds = 0): Playing {
  const run = new ScenarioRun(scenarioFrom(value, dissectors), 7);
  const outputs = [...run.start(startSeconds * 1000)];
  const at = (seconds: number, ...events: ProxyEvent[]): void => {
    for (const event of events) outputs.push(...run.event({ ...event, atMillis: seconds * 1000 }));
    outputs.push(...run.tick(seconds * 1000));
  };
  return { run, outputs, at };
}

/** server-state of RFC 8156 §5.5.16. */
const STATES: Readonly<Record<string, string>> = { NORMAL: '02', 'PARTNER-DOWN': '04', RECOVER: '06' };

/** The STATE message, and the proxy's event about it. */
const state = (who: 'primary' | 'secondary', name: string): ProxyEvent[] => {
  const direction = who === 'primary' ? 0 : 1;
  const message = handMessage({ hex: `2200000100000000${option(132, STATES[name] ?? '')}`, direction });
  return [
    { kind: 'state', who, state: name, atMillis: 0 },
    { kind: 'message', message, verdict: 'forwarded', hits: [], atMillis: 0 },
  ];
};
const bndupd = (): ProxyEvent => ({
  kind: 'message',
  message: handMessage({ hex: '1800000100000000' }),
  verdict: 'forwarded',
  hits: [],
  atMillis: 0,
});

function resultOf(outputs: readonly ScenarioOutput[]): ScenarioResult | undefined {
  const last = outputs.at(-1);
  return last?.kind === 'finished' ? last.result : undefined;
}

describe('a scenario run', () => {
  // Goal: a scenario can say that no server breaks the RFC, or one rule of it, and its report names rule, section and message.
  it('expects that nothing, or nothing of a kind, is against the RFC', () => {
    const played = (expectation: string): readonly string[] => {
      const { at, outputs } = playing({
        ...LOST_REPLIES,
        phases: [{ name: 'one', expect: [expectation], duration: '2s' }],
      });
      // A STATE without its flags and its time.
      at(1, ...state('primary', 'NORMAL'));
      at(3);
      return outputs.flatMap((output) => (output.kind === 'note' ? [output.text] : []));
    };
    for (const expectation of ['no finding', 'no finding state-*', 'no finding state-option-missing'])
      expect(played(expectation)).toContainEqual(
        expect.stringMatching(
          /^not as expected: no finding.* \(state-option-missing \(§6\.3\) #0 STATE of the primary: /,
        ),
      );
    expect(played('no finding transition-*').join()).not.toContain('not as expected');
    expect(() => played('no finding bndupd-no-replay')).toThrow('bndupd-no-reply');
    expect(() => played('2 finding')).toThrow('no finding');
    expect(() => played('no finding within 2s')).toThrow('no "within"');
  });

  it('goes through its phases: arms, orders, waits, removes, heals', () => {
    const { run, outputs, at } = playing(LOST_REPLIES);
    at(1, ...state('primary', 'NORMAL'));
    expect(outputs.map(({ kind }) => kind)).toEqual(['note']);
    at(2, ...state('secondary', 'RECOVER'), ...state('secondary', 'NORMAL'));
    expect(outputs.slice(1)).toEqual([
      { kind: 'note', text: 'as expected: both NORMAL within 60s', alarming: false },
      { kind: 'note', text: 'phase 2: lose', alarming: false },
      { kind: 'arm', fault: expect.objectContaining({ do: 'drop', id: 'P2.1', seed: 7 }) },
      { kind: 'order', text: 'secondary kill' },
    ]);
    at(3, bndupd(), bndupd());
    at(8);
    expect(outputs.some(({ kind }) => kind === 'remove')).toBe(false);
    run.orderEnded('secondary kill', undefined, 8000);
    at(9);
    expect(outputs).toContainEqual({ kind: 'remove', id: 'P2.1' });
    at(10);
    const result = resultOf(outputs);
    expect(result).toMatchObject({ ok: true, seed: 7 });
    expect(result?.phases.map(({ name }) => name)).toEqual(['come up', 'lose', 'healing', 'sometimes']);
  });

  it('fails what does not come in time, what must never be, and what never was', () => {
    const { run, outputs, at } = playing(LOST_REPLIES);
    at(1, ...state('primary', 'NORMAL'), ...state('secondary', 'NORMAL'));
    at(2, ...state('primary', 'PARTNER-DOWN'));
    run.orderEnded('secondary kill', undefined, 3000);
    at(12);
    at(60);
    const failed = resultOf(outputs)
      ?.phases.flatMap(({ judgements }) => judgements)
      .filter(({ ok }) => !ok);
    expect(failed?.map(({ expectation, detail }) => `${expectation}: ${detail}`).sort()).toEqual([
      '2 BNDUPD p>s within 10s: 0 came',
      'both NORMAL within 30s: the primary is in PARTNER-DOWN',
      'both never PARTNER-DOWN: the primary was in PARTNER-DOWN',
      'secondary RECOVER: the secondary is in NORMAL',
    ]);
  });

  it('knows the states of a pair that is already up', () => {
    const value = {
      name: 'n',
      about: 'a',
      phases: [{ name: 'p', expect: ['both NORMAL within 5s', 'connection up'] }],
    };
    const run = new ScenarioRun(scenarioFrom(value, dissectors), 7);
    run.start(0, { states: { primary: 'NORMAL', secondary: 'NORMAL' }, connectionsOpen: 1 });
    run.tick(100);
    expect(resultOf(run.tick(200))).toMatchObject({ ok: true });
  });

  it('sees that there was no connection when the phase began, though one came up at once', () => {
    const end = { address: '::1', port: 1 };
    const connection = { flow: { id: 1, ends: [end, end] }, index: 0 } as unknown as Connection;
    const value = {
      name: 'n',
      about: 'a',
      phases: [
        { name: 'up', duration: '1s' },
        { name: 'p', expect: ['connection down within 5s', 'connection up within 5s'] },
      ],
    };
    const { outputs, at } = playing(value);
    at(1);
    at(1.001, { kind: 'connection-up', connection, listening: end, dialling: end, atMillis: 0 });
    at(2);
    expect(resultOf(outputs)?.phases[1]?.judgements).toMatchObject([
      { expectation: 'connection down within 5s', ok: true, seconds: 0 },
      { expectation: 'connection up within 5s', ok: true, seconds: expect.closeTo(0.001) },
    ]);
  });

  it('does not say that a server stays in a state in which nobody has seen it', () => {
    const { outputs, at } = playing({
      name: 'n',
      about: 'a',
      phases: [{ name: 'p', duration: '2s', expect: ['both stays NORMAL', 'both never PARTNER-DOWN'] }],
    });
    at(1, ...state('primary', 'NORMAL'));
    at(2);
    at(3);
    expect(resultOf(outputs)?.phases[0]?.judgements).toMatchObject([
      { ok: false, detail: 'the secondary was in no known state' },
      { ok: true },
    ]);
  });

  it('waits for the answer to what was said last of a lease', () => {
    const prefix = `0000000000000000${'38'}${'20010db8'.padEnd(32, '0')}${option(114, '06')}`;
    const about = (type: string, direction: 0 | 1): ProxyEvent => ({
      kind: 'message',
      message: handMessage({ hex: `${type}00000100000000${option(26, prefix)}`, direction }),
      verdict: 'forwarded',
      hits: [],
      atMillis: 0,
    });
    for (const expectation of ['bindings equal within 5s', 'no BNDUPD unanswered within 5s']) {
      const phases = [
        { name: 'first', duration: '1s' },
        { name: 'p', expect: [expectation] },
      ];
      const late = playing({ name: 'n', about: 'a', phases });
      late.at(1, about('18', 0));
      late.at(3);
      late.at(7);
      late.at(8);
      expect(resultOf(late.outputs)?.phases[1]?.judgements).toMatchObject([
        {
          ok: false,
          detail: expect.stringMatching(/^2001:db8::\/56: (not answered yet|pending)$/),
        },
      ]);
      const answered = playing({ name: 'n', about: 'a', phases });
      answered.at(1, about('18', 0));
      answered.at(3, about('19', 1));
      answered.at(4);
      expect(resultOf(answered.outputs)).toMatchObject({ ok: true });
    }
  });

  it('goes on with a fault of which the next phase has the id', () => {
    const { outputs, at } = playing({
      name: 'n',
      about: 'a',
      phases: [
        { name: 'one', faults: ['drop s>p id both', 'delay p>s 1s id first'], duration: '1s' },
        { name: 'two', faults: ['drop s>p id both'], duration: '1s' },
      ],
    });
    at(1);
    at(2);
    const told = outputs.flatMap((output) => {
      if (output.kind === 'arm') return [`arm ${output.fault.id}`];
      return output.kind === 'remove' ? [`remove ${output.id}`] : [];
    });
    expect(told).toEqual(['arm both', 'arm first', 'remove first', 'remove both']);
  });

  it('tells at its end what held all the time, what did not, and how long it took', () => {
    const { outputs, at } = playing(
      {
        name: 'n',
        about: 'a',
        phases: [
          { name: 'p', duration: '1s' },
          { name: 'q', duration: '3s' },
        ],
        always: ['both never RECOVER', 'both never PARTNER-DOWN'],
        sometimes: ['primary PARTNER-DOWN'],
      },
      100,
    );
    at(101);
    at(102, ...state('primary', 'PARTNER-DOWN'));
    at(104);
    at(106);
    expect(resultOf(outputs)).toMatchObject({ ok: false, seconds: 6 });
    expect(resultOf(outputs)?.phases.slice(-2)).toEqual([
      {
        name: 'always',
        seconds: 6,
        judgements: [
          { expectation: 'both never RECOVER', ok: true, seconds: 6, detail: '' },
          expect.objectContaining({ expectation: 'both never PARTNER-DOWN', ok: false, seconds: 2 }),
        ],
      },
      {
        name: 'sometimes',
        seconds: 6,
        judgements: [{ expectation: 'primary PARTNER-DOWN', ok: true, seconds: 2, detail: '' }],
      },
    ]);
  });

  it('knows no state of servers between which the last connection has ended', () => {
    const end = { address: '::1', port: 1 };
    const connection = { flow: { id: 1, ends: [end, end] }, index: 0 } as unknown as Connection;
    const { outputs, at } = playing({
      name: 'n',
      about: 'a',
      phases: [
        { name: 'up', expect: ['both NORMAL within 5s'], duration: '2s' },
        { name: 'down', expect: ['both NORMAL within 5s'] },
      ],
    });
    at(1, { kind: 'connection-up', connection, listening: end, dialling: end, atMillis: 0 });
    at(1.5, ...state('primary', 'NORMAL'), ...state('secondary', 'NORMAL'));
    at(1.8, { kind: 'connection-down', connection, reason: 'lost', atMillis: 0 });
    at(2);
    at(7.5);
    at(8);
    expect(resultOf(outputs)?.phases.map(({ judgements }) => judgements.map(({ ok }) => ok))).toEqual([
      [true],
      [false],
      [],
    ]);
  });

  it('fails when an order cannot be carried out', () => {
    const value = {
      name: 'n',
      about: 'a',
      phases: [{ name: 'p', orders: ['secondary kill'], duration: '1s' }],
    };
    const { run, outputs, at } = playing(value);
    outputs.push(...run.orderEnded('secondary kill', 'no such server', 10));
    at(2);
    at(3);
    expect(resultOf(outputs)).toMatchObject({ ok: false });
  });
});

describe('its report', () => {
  const value = { name: 'a <b>', about: 'c', phases: [{ name: 'p', expect: ['primary NORMAL within 1s'] }] };
  const { outputs, at } = playing(value);
  at(2);
  at(2);
  const result = resultOf(outputs) as ScenarioResult;

  it('is text', () => {
    expect(reportLines(result)).toEqual([
      'scenario a <b>: FAILED in 2.0 s, seed 7',
      '  c',
      '  p (2.0 s)',
      '    FAIL  primary NORMAL within 1s: the primary is in no known state',
      '  healing (0.0 s)',
    ]);
  });

  it('is JUnit', () => {
    expect(junit([result])).toContain('<testsuite name="a &lt;b&gt;" tests="1" failures="1" time="2.000">');
    expect(junit([result])).toContain('<failure message="the primary is in no known state"/>');
  });
});

describe('a scenario file', () => {
  it.each([
    [{ about: 'x', phases: [{ name: 'p' }] }, 'name: expected a name'],
    [{ name: 'n', about: 'a', phases: [] }, 'phases: expected 1 to 200'],
    [{ name: 'n', about: 'a', phases: Array(201).fill({ name: 'p' }) }, 'phases: expected 1 to 200'],
    [
      { name: 'n', about: 'a', phases: [{ name: 'p', duration: '31d' }] },
      'phases[0].duration: expected a time such as 30s, at most 30d',
    ],
    [{ name: 'n', about: 'a', phases: [{ name: 'p', fault: [] }] }, 'phases[0]: unknown key "fault"'],
    [
      { name: 'n', about: 'a', phases: [{ name: 'p', faults: ['dorp'] }] },
      'phases[0].faults[0]: unknown fault "dorp"',
    ],
    [
      { name: 'n', about: 'a', phases: [{ name: 'p', duration: 'ever' }] },
      'phases[0].duration: expected a time',
    ],
    [
      { name: 'n', about: 'a', phases: [{ name: 'p', expect: ['it works'] }] },
      'phases[0].expect[0]: expect "it works": expected',
    ],
    [
      { name: 'n', about: 'a', phases: [{ name: 'p', expect: ['3 BNDUPT'] }] },
      'a message type instead of BNDUPT',
    ],
    [
      { name: 'n', about: 'a', phases: [{ name: 'p', expect: ['primary stays NORMAL within 3s'] }] },
      'no "within"',
    ],
    [
      { name: 'n', about: 'a', phases: [{ name: 'p', expect: ['0 DISCONNECT s>p'] }] },
      'phases[0].expect[0]: expect "0 DISCONNECT s>p": expected at least 1, or "no DISCONNECT"',
    ],
    [
      { name: 'n', about: 'a', phases: [{ name: 'p' }], always: ['no finding', 'both NORMAL'] },
      'always[1]: expect "both NORMAL": expected what holds from beginning to end',
    ],
    [
      { name: 'n', about: 'a', phases: [{ name: 'p' }], sometimes: ['no finding'] },
      'sometimes[0]: expect "no finding": expected what comes true',
    ],
    [
      { name: 'n', about: 'a', phases: [{ name: 'p' }], sometimes: ['primary RECOVER within 5s'] },
      'sometimes[0]: expect "primary RECOVER within 5s": expected no "within"',
    ],
  ])('is refused when wrong: %#', (value, message) => {
    expect(() => scenarioFrom(value, dissectors)).toThrow(
      expect.objectContaining({ name: 'InputError', message: expect.stringContaining(message) }),
    );
  });

  it('may have 200 phases, each of 30 days', () => {
    const value = { name: 'n', about: 'a', phases: Array(200).fill({ name: 'p', duration: '30d' }) };
    expect(scenarioFrom(value, dissectors).phases).toHaveLength(200);
  });

  it('is over and has failed once something that must always hold does not', () => {
    const { run, at } = playing(LOST_REPLIES);
    at(3, ...state('primary', 'NORMAL'));
    const outputs = run.broken('stored before told', 'the disk knows nothing', 4000);
    const result = outputs.flatMap((output) => (output.kind === 'finished' ? [output.result] : []))[0];
    expect(result?.ok).toBe(false);
    expect(result?.phases[0]?.judgements).toEqual([
      { expectation: 'stored before told', ok: false, seconds: 4, detail: 'the disk knows nothing' },
      expect.objectContaining({ expectation: 'both NORMAL within 60s', ok: false }),
    ]);
    expect(run.tick(100_000)).toEqual([]);
  });
});
