/** What a shell and a person see of the program as such: help, version, mistakes, exit codes. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { runProgram } from '../../src/cli/program.ts';

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += text;
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += text;
    return true;
  });
  const code = await runProgram(args);
  return { code, out, err };
}

describe('leasetap', () => {
  it('explains itself on stdout when asked', async () => {
    const { code, out, err } = await run('--help');
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('Usage: leasetap');
    expect(out).toContain('Exit status: 0 done, 1 done with findings, 2 bad usage or input.');
  });

  // As the pages about them write it: docs/staging.md.
  it.each([
    ['proxy', 'list', '-C', 'nobody.sock'],
    ['proxy', 'rm', '--control', 'nobody.sock', 'campus'],
    ['fault', 'list', '-C', 'nobody.sock'],
    ['fault', '-C', 'nobody.sock', 'list'],
  ])('takes the options of a command behind the name of its own: %s %s', async (...args) => {
    expect(await run(...args)).toMatchObject({
      code: 2,
      err: 'leasetap: nobody.sock: no proxy answers there (ENOENT)\n',
    });
  });

  it('explains itself when called without anything', async () => {
    expect((await run()).out).toContain('Usage: leasetap');
  });

  it('prints its version alone', async () => {
    expect(await run('--version')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });

  it('answers an unknown command with one line and exit code 2', async () => {
    const { code, out, err } = await run('reed');
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^leasetap: unknown command 'reed'[^\n]*\n$/);
  });

  it('shows what a file is called, and lets no terminal obey it', async () => {
    const { code, err } = await run('read', '/nowhere/\x1b[31m.pcap');
    expect([code, err]).toEqual([2, 'leasetap: /nowhere/\\x1b[31m.pcap: no such file or directory\n']);
  });

  it.each([
    ['fault', '-C', '/nowhere/tap.sock', 'list'],
    ['fault', 'list', '-C', '/nowhere/tap.sock'],
    ['proxy', '-C', '/nowhere/tap.sock', 'list'],
    ['proxy', 'list', '-C', '/nowhere/tap.sock'],
  ])('takes options of a command before and behind what it is to do: %s %s %s %s', async (...args) => {
    const { code, err } = await run(...args);
    expect([code, err]).toEqual([2, 'leasetap: /nowhere/tap.sock: no proxy answers there (ENOENT)\n']);
  });

  it('answers an unknown option with one line and exit code 2', async () => {
    const { code, err } = await run('--nonsense');
    expect(code).toBe(2);
    expect(err).toMatch(/^leasetap: unknown option '--nonsense'[^\n]*\n$/);
  });

  it('answers a question for an unknown command as that command', async () => {
    const { code, out, err } = await run('help', 'raed');
    expect([code, out]).toEqual([2, '']);
    expect(err).toBe("leasetap: unknown command 'raed' (Did you mean read?)\n");
  });

  it.each(Object.keys(commands))('explains %s without the inside of the program', async (name) => {
    const { code, out, err } = await run('help', name);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain(`Usage: leasetap ${name} `);
    expect(out).not.toMatch(/default: \[|undefined|\[object/);
  });
});
