/** The thread that keeps is one for all relationships of a process, and there as long as it is needed. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { leasetap, type Running, temporaryFolder } from '../../support/process.ts';

/** Where nobody listens is no matter: nobody connects. */
const TO = '[::1]:9';

async function proxyOf(names: readonly string[], ...options: readonly string[]): Promise<Running> {
  const ends = names.flatMap((name) => ['-l', '[::1]:0', '-t', `${name}=${TO}`]);
  const proxy = leasetap(['proxy', ...ends, '--quiet', ...options]);
  for (const name of names) await proxy.prints(new RegExp(`${name}: listening`));
  return proxy;
}

// Goal: sixteen relationships take hardly more memory than one.
it('is one for all relationships, each with its own files', async () => {
  const folder = temporaryFolder();
  const files = ['-w', join(folder, 'tap.pcapng'), '--log', join(folder, 'tap.jsonl')];
  const tasks = ({ child }: Running): number =>
    existsSync('/proc/self/task') ? readdirSync(`/proc/${child.pid}/task`).length : 0;
  const one = await proxyOf(['alone'], ...files);
  const several = await proxyOf(['a', 'b', 'c', 'd'], ...files);
  expect(tasks(several)).toBe(tasks(one));
  expect((await several.kill('SIGTERM')).code).toBe(0);
  for (const name of 'abcd')
    expect(readFileSync(join(folder, `tap-${name}.pcapng`)).length).toBeGreaterThan(0);
});

// Goal: what cannot be opened is told, and keeps nobody else from being served.
it('goes on for others when the files of one cannot be made', async () => {
  const folder = temporaryFolder();
  const control = join(folder, 'tap.sock');
  const proxy = await proxyOf(['a'], '--log', join(folder, 'tap.jsonl'), '--control', control);
  await proxy.prints(/control at/);
  const add = (name: string, log: string) =>
    leasetap(['proxy', 'add', '-C', control, '-l', '[::1]:0', '-t', `${name}=${TO}`, '--log', log]).ended;
  const refused = await add('b', join(folder, 'nowhere', 'tap.jsonl'));
  expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('nowhere')]);
  expect((await add('c', join(folder, 'other.jsonl'))).code).toBe(0);
  expect((await proxy.kill('SIGTERM')).code).toBe(0);
});
