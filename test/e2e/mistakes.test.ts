/** Mistakes of whoever starts a server or the proxy: one line on stderr that says what and where, exit code 2. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort, runLeasetap, temporaryFolder, top } from '../support/process.ts';

/** A loopback port that somebody listens on until the test is over. */
async function takenPort(): Promise<number> {
  const port = await freePort('::1');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '::1', resolve));
  onTestFinished(() => {
    server.close();
  });
  return port;
}

function secondaryConfig(port: number, changes: (text: string) => string = (text) => text): string {
  const folder = temporaryFolder();
  const file = join(folder, 'server.yaml');
  const text = `store: leases
failover:
  listen: "[::1]:${port}"
relationships:
  - name: lab
    role: secondary
    partner: { address: "::1" }
    security: none
    links:
      - prefix: 2001:db8:1::/64
        address-pools: [ "2001:db8:1::1000 - 2001:db8:1::1fff" ]
`;
  writeFileSync(file, changes(text));
  return file;
}

describe('leasetap proxy', () => {
  it('names a port that is in use', async () => {
    const port = await takenPort();
    const run = await runLeasetap(['proxy', '--listen', `[::1]:${port}`, '--to', '[::1]:1']);
    expect(run).toMatchObject({
      code: 2,
      out: '',
      err: `leasetap: [::1]:${port}: the port is in use by another program\n`,
    });
  });

  it('names an option that is missing', async () => {
    const run = await runLeasetap(['proxy', '--listen', '[::1]:0']);
    expect(run.code).toBe(2);
    expect(run.err).toMatch(/^leasetap: expected [^\n]*--to[^\n]*\n$/);
  });

  it('shows no terminal UI without a terminal', async () => {
    const run = await runLeasetap(['proxy', '--listen', '[::1]:0', '--to', '[::1]:1', '--tui']);
    expect(run).toEqual({ code: 2, signal: null, out: '', err: 'leasetap: --tui needs a terminal\n' });
  });

  it('points at the mistake in a fault', async () => {
    const run = await runLeasetap([
      'proxy',
      '--listen',
      '[::1]:0',
      '--to',
      '[::1]:1',
      '--fault',
      'dorp s>p BNDREPLY',
    ]);
    expect(run.code).toBe(2);
    expect(run.err).toMatch(/^leasetap: [^\n]*dorp[^\n]*\n$/);
  });

  it('leaves the recording of an earlier run alone when a fault names a field that is not there', async () => {
    const path = join(temporaryFolder(), 'tap.pcapng');
    writeFileSync(path, 'of yesterday');
    const fault = ['-f', 'edit STATE server-stat=NORMAL'];
    const run = await runLeasetap([
      'proxy',
      '--listen',
      '[::1]:0',
      '--to',
      '[::1]:1',
      '--write',
      path,
      ...fault,
    ]);
    expect(run.code).toBe(2);
    expect(readFileSync(path, 'utf8')).toBe('of yesterday');
  });
});

// A run takes minutes, and its report is what it was made for.
describe.each([
  ['lab', ['lab', '--no-tui']],
  ['sim', ['sim', '--seeds', '100']],
  ['proxy', ['proxy', '-l', '[::1]:0', '-t', '[::1]:1']],
])('leasetap %s', (_, command) => {
  it('plays no scenario whose report it cannot write', async () => {
    const scenario = join(top, 'fixtures/scenarios/lost-replies.yaml');
    const report = ['--scenario', scenario, '--report', '/nowhere/report.xml'];
    expect(await runLeasetap([...command, ...report])).toEqual({
      code: 2,
      signal: null,
      out: '',
      err: 'leasetap: /nowhere/report.xml: no such file or directory\n',
    });
  });
});

/** Options of a proxy on top of those that it needs, and its one line. */
const MISTAKES: readonly (readonly [what: string, options: readonly string[], line: RegExp])[] = [
  ['a folder instead of a file', ['--faults', '/tmp'], /^\/tmp: it is a directory, expected a file$/],
  [
    'addresses of different kinds',
    ['--from', '192.0.2.1'],
    /from 192\.0\.2\.1 and to ::1 are of different IP versions$/,
  ],
  [
    'a folder that is not there',
    ['--control', '/nowhere/tap.sock'],
    /^\/nowhere\/tap\.sock: the control cannot be opened: there is no folder \/nowhere$/,
  ],
  ['a path that is too long', ['--control', 'x'.repeat(120)], /at most 10[37] octets, this one 120$/],
  ['a field that is not there', ['-f', 'edit STATE server-stat=NORMAL'], /did you mean server-state\?$/],
];

describe('leasetap proxy with', () => {
  it.each(MISTAKES)('%s says so in one line', async (_, options, line) => {
    const run = await runLeasetap(['proxy', '-l', '[::1]:0', '-t', '[::1]:1', ...options]);
    expect(run).toMatchObject({ code: 2, out: '' });
    // What was opened before the mistake could show is told, too.
    const [last = '', ...before] = run.err.trimEnd().split('\n').reverse();
    expect(before.filter((each) => !each.startsWith('listening on '))).toEqual([]);
    expect(last).toMatch(/^leasetap: /);
    expect(last.replace('leasetap: ', '')).toMatch(line);
  });

  it('a slip in a file names line and key', async () => {
    const file = join(temporaryFolder(), 'faults.yaml');
    writeFileSync(file, 'faults:\n  - drop s>p\n  - do: drop\n    drection: p>s\n');
    const run = await runLeasetap(['proxy', '-l', '[::1]:0', '-t', '[::1]:1', '--faults', file]);
    expect(run).toMatchObject({
      code: 2,
      err: `leasetap: ${file}:4:5: fault drop: unknown parameter "drection"; did you mean direction?\n`,
    });
  });

  it('the name of somebody else’s file for its control leaves that file alone', async () => {
    const file = join(temporaryFolder(), 'notes.txt');
    writeFileSync(file, 'not to be lost');
    const run = await runLeasetap(['proxy', '-l', '[::1]:0', '-t', '[::1]:1', '--control', file]);
    expect(run.code).toBe(2);
    expect(run.err).toContain(`leasetap: ${file}: there is something else than a socket`);
    expect(readFileSync(file, 'utf8')).toBe('not to be lost');
  });
});

describe('leasetap serve', () => {
  it('names a port that is in use', async () => {
    const port = await takenPort();
    const run = await runLeasetap(['serve', secondaryConfig(port)]);
    expect(run).toMatchObject({
      code: 2,
      out: '',
      err: `leasetap: [::1]:${port}: the port is in use by another program\n`,
    });
  });

  it('names file, line, key and what was expected', async () => {
    const file = secondaryConfig(0, (text) => text.replace('role: secondary', 'role: tertiary'));
    const run = await runLeasetap(['serve', file]);
    expect(run).toMatchObject({ code: 2, out: '' });
    expect(run.err).toMatch(
      /server\.yaml:6:11: relationships\[0\]\.role: expected primary or secondary, found "tertiary"\n$/,
    );
  });

  it.each(['/proc/leasetap/store', '/dev/null'])('tells that there can be no store in %s', async (place) => {
    const file = secondaryConfig(0, (text) => text.replace('store: leases', `store: ${place}`));
    const run = await runLeasetap(['serve', file]);
    expect(run).toMatchObject({ code: 2, out: '' });
    expect(run.err).toMatch(/^leasetap: [^\n]*: the lease store cannot be opened: E[^\n]*\n$/);
  });

  it('names a folder in the place of a file', async () => {
    const run = await runLeasetap(['serve', '/tmp']);
    expect(run).toMatchObject({ code: 2, err: 'leasetap: /tmp: it is a directory, expected a file\n' });
  });

  it('names a file that is not there', async () => {
    const run = await runLeasetap(['serve', '/nowhere/server.yaml']);
    expect(run).toMatchObject({
      code: 2,
      err: 'leasetap: /nowhere/server.yaml: no such file or directory\n',
    });
  });
});
