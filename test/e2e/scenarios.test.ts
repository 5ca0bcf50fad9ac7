/** A chosen part of the scenario library on our own pair, in real time: real processes, sockets and stores. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { leasetap, temporaryFolder, top } from '../support/process.ts';

const CHOSEN = [
  'lost-replies',
  'connection-lost',
  'polite-shutdown',
  'partner-down-by-mistake',
  'connection-flood',
  'unknown-address',
];

it('passes, one after the other on one pair, and reports as JUnit', async () => {
  const folder = temporaryFolder();
  const scenarios = CHOSEN.flatMap((name) => ['--scenario', join(top, 'fixtures/scenarios', `${name}.yaml`)]);
  const report = join(folder, 'report.xml');
  const args = ['lab', '--no-tui', '--write', join(folder, 'lab.pcapng'), ...scenarios, '--report', report];
  const { code, err } = await leasetap(args).ended;
  expect(err.split('\n').filter((line) => line.includes('FAIL'))).toEqual([]);
  expect(code).toBe(0);
  const suites = [
    ...readFileSync(report, 'utf8').matchAll(/<testsuite name="([^"]*)"[^>]* failures="(\d+)"/g),
  ];
  expect(suites.map(([, name, failures]) => `${name} ${failures}`)).toEqual([
    'lost replies 0',
    'connection lost 0',
    'polite shutdown 0',
    'partner-down by mistake 0',
    'connection flood 0',
    'connections from unknown addresses 0',
  ]);
}, 180_000);
