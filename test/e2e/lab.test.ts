/** `leasetap lab` as the README promises it: what it shows, what it leaves behind, and how it ends. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readU16 } from '../../src/base/bytes.ts';
import { parseIpv6 } from '../../src/base/ipv6.ts';
import { LAB_CLIENTS, LAB_LINK_ADDRESS } from '../../src/cli/lab/plan.ts';
import { Crowd } from '../../src/sim/crowd.ts';
import { eventually } from '../support/eventually.ts';
import { leasetap, mainFile, type Running, runLeasetap, start, temporaryFolder } from '../support/process.ts';

interface Started {
  readonly lab: Running;
  readonly recording: string;
}

function startLab(...args: string[]): Started {
  const folder = temporaryFolder();
  return {
    lab: leasetap(['lab', '--no-tui', ...args], { cwd: folder }),
    recording: join(folder, 'leasetap-lab.pcapng'),
  };
}

/** Process ids of the servers, as the lab tells them. */
async function serverIds(lab: Running): Promise<number[]> {
  const [, secondary] = await lab.prints(/the secondary runs as process (\d+)/);
  const [, primary] = await lab.prints(/the primary runs as process (\d+)/);
  return [Number(primary), Number(secondary)];
}

function alive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch {
    return false;
  }
}

/** Milliseconds from the start of clients with this seed until each of them first says something, by its number. */
function arrivals(seed: number): Map<number, number> {
  const linkAddress = parseIpv6(LAB_LINK_ADDRESS) as Uint8Array;
  const crowd = new Crowd({ ...LAB_CLIENTS, seed, linkAddress });
  const found = new Map<number, number>();
  crowd.start(0);
  for (let now = 0; found.size < LAB_CLIENTS.count; now = crowd.deadline() ?? now) {
    for (const output of crowd.tick(now)) {
      if (output.kind !== 'send') continue;
      // The peer-address of the RELAY-FORW (RFC 8415 §9) ends with the number.
      const client = readU16(output.bytes, 32);
      if (!found.has(client)) found.set(client, now);
    }
  }
  return found;
}

async function whole(recording: string): Promise<string> {
  const read = await runLeasetap(['read', '-i', 'primary-leg', recording]);
  expect([read.code, read.err]).toEqual([0, '']);
  return read.out;
}

describe('leasetap lab', () => {
  it('shows two servers on their way to NORMAL, prefixes and leases, and ends by itself', async () => {
    const { lab, recording } = startLab('--duration', '15');
    const ids = await serverIds(lab);
    const { code, out, err } = await lab.ended;
    expect(code).toBe(0);
    for (const sign of [
      / p>s CONNECT /,
      / s>p CONNECTREPLY /,
      /the primary announces NORMAL/,
      /the secondary announces NORMAL/,
      / s>p POOLREQ /,
      / p>s POOLRESP /,
      / BNDUPD .* FREE-BACKUP/,
      /client \d+ has 2001:db8:1::/,
      /client \d+ has 2001:db8:80[0-9a-f]+::\/48/,
    ]) {
      expect(out).toMatch(sign);
    }
    expect(err).toContain('leasetap read -i primary-leg leasetap-lab.pcapng');
    expect(ids.filter(alive)).toEqual([]);
    expect(await whole(recording)).toMatch(/ BNDREPLY /);
  }, 60_000);

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'leaves a complete recording and nothing else on %s',
    async (signal) => {
      const { lab, recording } = startLab();
      const ids = await serverIds(lab);
      await lab.prints(/ BNDREPLY /);
      expect((await lab.kill(signal)).code).toBe(0);
      expect(ids.filter(alive)).toEqual([]);
      // The servers said goodbye, and the recording has it.
      expect(await whole(recording)).toMatch(/ DISCONNECT .* ServerShuttingDown/);
    },
    60_000,
  );

  it('takes its servers along even when it is killed', async () => {
    const { lab, recording } = startLab();
    const ids = await serverIds(lab);
    await lab.prints(/ BNDREPLY /);
    await lab.kill('SIGKILL');
    await eventually(
      'no server is left',
      () => ids.filter(alive),
      (left) => left.length === 0,
    );
    expect(existsSync(recording)).toBe(true);
  }, 60_000);

  it('ends quietly when nobody reads its lines any more', async () => {
    const folder = temporaryFolder();
    const command = `set -o pipefail; ${process.execPath} ${JSON.stringify(mainFile)} lab | head -n 5`;
    const { code, out, err } = await start('bash', ['-c', command], { cwd: folder }).ended;
    expect(code).toBe(0);
    expect(out.trimEnd().split('\n')).toHaveLength(5);
    expect(err).not.toMatch(/Error|EPIPE/);
    await whole(join(folder, 'leasetap-lab.pcapng'));
  }, 60_000);

  // What they do then depends on how often they had to ask. A machine that is busy makes them late, and never early.
  it('sends the clients on their way when the seed says', async () => {
    const due = arrivals(7);
    const began = performance.now();
    const { lab } = startLab('--seed', '7', '--duration', '15');
    const came = new Map<number, number>();
    lab.child.stdout?.on('data', () => {
      for (const [, client] of lab.out.matchAll(/client (\d+) has /g)) {
        if (!came.has(Number(client))) came.set(Number(client), performance.now() - began);
      }
    });
    await lab.ended;
    expect(came.size).toBeGreaterThan(1);
    for (const [client, millis] of came) expect(millis).toBeGreaterThan(due.get(client) ?? Infinity);
  }, 60_000);

  it('answers a recording that cannot be written with one line and exit code 2', async () => {
    const { code, err } = await runLeasetap(['lab', '--write', '/nowhere/x.pcapng']);
    expect([code, err]).toEqual([2, 'leasetap: /nowhere/x.pcapng: no such file or directory\n']);
  });
});
