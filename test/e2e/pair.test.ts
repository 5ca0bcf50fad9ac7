/**
 * The whole path with real processes, sockets and files: a fresh pair through the proxy to NORMAL, clients, BNDREPLYs
 * that never arrive, a secondary that dies without warning and comes back, and in the end the same leases on both sides.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { formatSocketAddress } from '../../src/base/socket-address.ts';
import { LabClients } from '../../src/cli/lab/clients.ts';
import {
  clientListen,
  LAB_LINK_ADDRESS,
  proxyListen,
  SERVER_NAMES,
  secondaryListen,
} from '../../src/cli/lab/plan.ts';
import { eventually } from '../support/eventually.ts';
import { Pair } from '../support/pair.ts';
import { leasetap, runLeasetap } from '../support/process.ts';

const DROPPED = 3;
const FAULT = `drop s>p BNDREPLY where binding-status == ACTIVE times ${DROPPED}`;

function countOf(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].length;
}

describe('a pair of servers behind the proxy', () => {
  it('loses acknowledgements and its secondary, and ends with the same leases on both sides', async () => {
    const pair = await Pair.prepare();
    const recording = join(pair.plan.folder, 'tap.pcapng');
    const log = join(pair.plan.folder, 'tap.jsonl');
    const ends = [
      '--listen',
      formatSocketAddress(proxyListen(pair.plan)),
      '--to',
      formatSocketAddress(secondaryListen(pair.plan)),
    ];
    const proxy = leasetap(['proxy', ...ends, '--write', recording, '--log', log, '--fault', FAULT]);
    await proxy.prints(/listening on/);
    const secondary = pair.start('secondary');
    await secondary.prints(/listening: failover/);
    pair.start('primary');
    await pair.bothReach('NORMAL');
    await proxy.prints(/ p>s POOLRESP /);

    const clients = new LabClients({
      count: 6,
      seed: 1,
      servers: SERVER_NAMES.map((name) => clientListen(pair.plan, name)),
      linkAddress: LAB_LINK_ADDRESS,
      arrivalSeconds: 2,
      staySeconds: 0,
      awaySeconds: 0,
    });
    await clients.start();
    onTestFinished(() => clients.stop());
    await eventually(
      'all clients have leases',
      () => clients.status().bound,
      (bound) => bound === 6,
      30_000,
    );
    await eventually(
      'the fault is used up',
      () => proxy.out,
      (text) => countOf(text, /\[dropped/g) === DROPPED,
    );
    expect((await pair.status('primary')).updates_unacked).toBeGreaterThan(0);

    await secondary.kill('SIGKILL');
    await pair.reaches('primary', 'COMMUNICATIONS-INTERRUPTED');
    pair.start('secondary');
    await pair.bothReach('NORMAL');
    const settled = await eventually(
      'nothing waits for an acknowledgement',
      () => Promise.all(SERVER_NAMES.map((name) => pair.status(name))),
      (both) => both.every((one) => one.updates_unacked === 0 && one.updates_needed === 0),
    );
    expect(settled.map((one) => one.state)).toEqual(['NORMAL', 'NORMAL']);

    const [ours, theirs] = await eventually(
      'both servers know the same leases',
      () => Promise.all([pair.leases('primary'), pair.leases('secondary')]),
      ([a, b]) => JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort()),
    );
    expect(ours).toEqual(theirs);
    const held = Object.values(ours).filter((lease) => lease.startsWith('ACTIVE '));
    expect(held.length).toBeGreaterThanOrEqual(12);

    const ended = await proxy.kill('SIGINT');
    expect(ended.code).toBe(0);
    expect(countOf(readFileSync(log, 'utf8'), /"verdict":"dropped"/g)).toBe(DROPPED);
    const read = await runLeasetap(['read', '-i', 'secondary-leg', '-T', 'jsonl', recording]);
    expect([read.code, read.err]).toEqual([0, '']);
    const names = new Set(
      read.out
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { msg_name: string }).msg_name),
    );
    expect([...names]).toEqual(
      expect.arrayContaining([
        'CONNECT',
        'CONNECTREPLY',
        'STATE',
        'POOLREQ',
        'POOLRESP',
        'BNDUPD',
        'BNDREPLY',
        'UPDREQ',
        'UPDDONE',
      ]),
    );
  }, 120_000);
});
