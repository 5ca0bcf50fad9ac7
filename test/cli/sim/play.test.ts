/** Goal: `leasetap sim --scenario` as its user meets it: reports, recordings, exit codes, and mistakes in one line. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runLeasetap, temporaryFolder, top } from '../../support/process.ts';

const library = (name: string): string => join(top, 'fixtures/scenarios', `${name}.yaml`);

function written(phase: string): string {
  const path = join(temporaryFolder(), 'mine.yaml');
  writeFileSync(path, `name: mine\nabout: a try.\nphases:\n  - { name: only, ${phase} }\n`);
  return path;
}

it('passes on the servers of two files, and leaves a report and a recording', async () => {
  const folder = temporaryFolder();
  const report = join(folder, 'report.xml');
  const recording = join(folder, 'tap.pcapng');
  const example = (role: string) => ['--config', join(top, 'docs/examples', `loopback-${role}.yaml`)];
  const files = ['--report', report, '--write', recording];
  const args = ['sim', '--scenario', library('partner-down'), ...example('secondary'), ...example('primary')];
  const { code, out, err } = await runLeasetap([...args, ...files]);
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/^scenario partner down: passed in /);
  expect(readFileSync(report, 'utf8')).toContain('<testsuite name="partner down"');
  const read = await runLeasetap(['read', '-i', 'secondary-leg', recording]);
  expect(read.out).toMatch(/ s>p UPDREQ /);
});

it('fails with exit code 1, once for each seed', async () => {
  const path = written('expect: ["1 DISCONNECT within 5s"]');
  const { code, out } = await runLeasetap(['sim', '--scenario', path, '--seeds', '3']);
  expect(code).toBe(1);
  expect(out.match(/^scenario mine: FAILED/gm)).toHaveLength(3);
  expect(out).toContain('FAIL  1 DISCONNECT within 5s: 0 came');
});

it.each([
  [
    'an order that no simulated server knows',
    'orders: ["secondary explode"]',
    /mine\.yaml: order "secondary explode"/,
  ],
  [
    'a state that does not exist',
    'expect: ["both NORMEL"]',
    /phases\[0\]\.expect\[0\].*one of STARTUP, NORMAL/,
  ],
])('refuses %s in one line', async (_, phase, message) => {
  const { code, out, err } = await runLeasetap(['sim', '--scenario', written(phase)]);
  expect([code, out]).toEqual([2, '']);
  expect(err).toMatch(message);
  expect(err.trimEnd()).not.toContain('\n');
});
