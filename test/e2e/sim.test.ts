/**
 * `leasetap sim` as its users meet it: exit codes, what it prints, seeds over several processes, and a failure that can
 * be seen again with the command that was printed. What fails is a copy of the program with a bug.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeMutant, removeMutant } from '../support/mutant.ts';
import { leasetap, runLeasetap, start } from '../support/process.ts';

const SHORT = ['--hours', '2', '--clients', '5'];

describe('leasetap sim', () => {
  it('says how much it ran and what that went through, and ends with 0', async () => {
    const run = await runLeasetap(['sim', '--seeds', '3', ...SHORT]);
    expect(run).toMatchObject({ code: 0, err: '' });
    expect(run.out).toMatch(/^3 runs, 0 days in \d+\.\d s \(\d+ times real time\): nothing found\n/);
    expect(run.out).toMatch(/^states: \d+ of 17/m);
    expect(run.out).toMatch(/^transitions: \d+ of \d+; never .*POTENTIAL-CONFLICT/m);
  });

  it('runs the same seeds to the same end in one process and in several', async () => {
    const args = ['sim', '--seed', '9', '--seeds', '6', '--coverage', ...SHORT];
    const [one, several] = await Promise.all([runLeasetap(args), runLeasetap([...args, '--jobs', '3'])]);
    const coverageOf = (out: string) => out.split('\n').slice(1);
    expect(several.code).toBe(0);
    expect(coverageOf(several.out)).toEqual(coverageOf(one.out));
    expect(coverageOf(one.out).length).toBeGreaterThan(40);
  });

  it('traces one run from its start to its healing', async () => {
    const run = await runLeasetap([
      'sim',
      '--seed',
      '5',
      '--seeds',
      '1',
      '--trace',
      '--servers',
      '3',
      ...SHORT,
    ]);
    expect(run.code).toBe(0);
    expect(run.out).toMatch(/^\d+\.\d{3} [ABC]-[ABC] (primary|secondary) STARTUP to /m);
    expect(run.out).toContain(`${2 * 3600}.000 healed`);
  });

  it('ends when it is interrupted, and says how far it came', async () => {
    const running = leasetap(['sim', '--seeds', '100000', '--jobs', '2', '--coverage', ...SHORT]);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const ended = await running.kill('SIGINT');
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(ended.out).toMatch(/^\d+ runs, .*: interrupted, nothing found\n/);
  });

  it.each([
    [['--seeds', 'many'], "'--seeds <number>' argument 'many' is invalid. expected a whole number above 0."],
    [
      ['--clients', '0'],
      "'--clients <number>' argument '0' is invalid. expected a whole number from 1 to 10000.",
    ],
    [['--servers', '4'], "'--servers <number>' argument '4' is invalid. expected 2 or 3."],
    [['--jobs', '0'], "'--jobs <number>' argument '0' is invalid. expected a whole number from 1 to 256."],
    [['--only', '1,x'], "'--only <numbers>' argument '1,x' is invalid. expected a whole number."],
    [
      ['--proxy', 'evil'],
      "'--proxy <part>' argument 'evil' is invalid. Allowed choices are absent, disturbing, forging.",
    ],
  ])('tells the mistake in %j in one line', async (args, mistake) => {
    const run = await runLeasetap(['sim', ...args]);
    expect(run.code).toBe(2);
    expect(run.out).toBe('');
    expect(run.err).toBe(`leasetap: option ${mistake}\n`);
  });
});

describe('a failure', () => {
  const NAME = 'e2e-sim';
  let mutant = '';
  const runMutant = (args: readonly string[]) =>
    start(process.execPath, [join(mutant, 'cli/main.js'), ...args]).ended;

  beforeAll(() => {
    mutant = makeMutant(NAME, {
      file: 'failover/update-queue.js',
      from: '|| request.unacked.size > 0',
      to: '',
    });
  });
  afterAll(() => removeMutant(NAME));

  it('is told with its seed, invariant and shortest schedule, and seen again with the command', async () => {
    const args = ['sim', '--seeds', '40', '--no-operators-err', '--proxy', 'absent', '--hours', '6'];
    const found = await runMutant([...args, '--clients', '12', '--jobs', '2']);
    expect(found).toMatchObject({ code: 1, err: '' });
    const [, seed, seconds, invariant] =
      /^seed (\d+), after (\d+) s: (UPDDONE after [a-zA-Z ]+)\n/.exec(found.out) ?? [];
    expect(Number(seconds)).toBeGreaterThan(0);
    const [, kept, all] = /^shortest schedule that breaks it: (\d+) of (\d+) faults$/m.exec(found.out) ?? [];
    expect(Number(kept)).toBeLessThan(Number(all));
    const [, again = ''] = /^run again: leasetap (.*)$/m.exec(found.out) ?? [];
    expect(again).toContain(`--seed ${seed} --seeds 1`);
    const second = await runMutant(again.split(' '));
    expect(second.code).toBe(1);
    expect(second.out).toContain(`seed ${seed}, after`);
    expect(second.out).toContain(`${invariant}`);
    expect(second.out.match(/^\d+\.\d{3} fault /gm)).toHaveLength(Number(kept));
  });

  it('does not end a run that keeps going', async () => {
    const args = ['sim', '--seeds', '12', '--hours', '6', '--clients', '12', '--keep-going'];
    const run = await runMutant(args);
    expect(run.code).toBe(1);
    const failed = run.out.match(/^seed \d+, after \d+ s: [^\n]*: /gm) ?? [];
    expect(failed.length).toBeGreaterThan(1);
    expect(run.out).toMatch(new RegExp(`^12 runs, .*: ${failed.length} failed$`, 'm'));
  });
});
