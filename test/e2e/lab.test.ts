/** `leasetap lab` as the README promises it: what it shows, what it leaves behind, and how it ends. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
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

/** What each client does, in order, by its number: decided by the seed, while the moment depends on the machine. */
async function lives(): Promise<Map<string, string[]>> {
  const { out } = await startLab('--seed', '7', '--duration', '15').lab.ended;
  const found = new Map<string, string[]>();
  for (const [, client = '', verb, length, why] of out.matchAll(
    /client (\d+) (has|gives up) [0-9a-f:]+(\/\d+)?(?:: (.*))?$/gm,
  )) {
    const life = found.get(client) ?? [];
    life.push([verb, length ?? 'an address', why].join(' '));
    found.set(client, life);
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

  it('gives the same clients the same lives for the same seed', async () => {
    const [one, two] = await Promise.all([lives(), lives()]);
    const both = [...one].filter(([client]) => two.has(client));
    expect(both.length).toBeGreaterThan(1);
    for (const [client, life] of both) {
      const other = two.get(client) ?? [];
      const count = Math.min(life.length, other.length);
      expect([client, ...life.slice(0, count)]).toEqual([client, ...other.slice(0, count)]);
    }
    expect(both.some(([, life]) => life.length > 2)).toBe(true);
  }, 60_000);

  it('answers a recording that cannot be written with one line and exit code 2', async () => {
    const { code, err } = await runLeasetap(['lab', '--write', '/nowhere/x.pcapng']);
    expect([code, err]).toEqual([2, 'leasetap: /nowhere/x.pcapng: no such file or directory\n']);
  });
});
