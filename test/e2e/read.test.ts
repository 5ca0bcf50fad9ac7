/**
 * `leasetap read` as its users meet it: the built program over every sample capture, from files, stdin and pipes that
 * close. Expected messages come from the fixtures, which were written apart from this program.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { leasetap, mainFile, runLeasetap, start, temporaryFolder, top } from '../support/process.ts';

const folder = join(top, 'fixtures/captures/dhcpv6');
const captures = readdirSync(folder).filter((name) => /\.pcap(ng)?$/.test(name));

/** Captures of ISC dhcpd; what is expected was made by tshark. */
const v4Folder = join(top, 'fixtures/captures/dhcpv4-isc');
const v4Captures = readdirSync(v4Folder).filter((name) => name.endsWith('.pcap'));

/** Frame, sender, name and length of each message. */
function v4ExpectedOf(capture: string): unknown[] {
  const [heading = '', ...rows] = readFileSync(
    join(v4Folder, capture.replace('.pcap', '.expect.tsv')),
    'utf8',
  )
    .trimEnd()
    .split('\n');
  const names = heading.split('\t');
  return rows.map((row) => {
    const cells = row.split('\t');
    const cell = (name: string) => cells[names.indexOf(name)] ?? '';
    return [
      Number(cell('frame')),
      cell('src').replace(/:\d+$/, ''),
      cell('type_name'),
      Number(cell('length')),
    ];
  });
}

/** Captures as large as one likes, as benchmarks have them. */
const { makeCapture } = (await import(new URL('../../bench/captures.mjs', import.meta.url).href)) as {
  makeCapture(kind: 'fo6-10' | 'udp6', messages: number, path: string): void;
};

type Json = { readonly [name: string]: unknown };

function expectedOf(capture: string): Json[] {
  const text = readFileSync(join(folder, capture.replace(/\.pcap(ng)?$/, '.expect.jsonl')), 'utf8');
  return jsonLines(text);
}

function jsonLines(text: string): Json[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Json);
}

/** What the fixtures say in words of their own. */
const IN_OWN_WORDS = new Set(['malformed']);

/** `actual` cut down to what `expected` speaks of: output may have members that the fixtures know nothing about. */
function sameMembers(actual: unknown, expected: unknown): unknown {
  if (Array.isArray(actual) && Array.isArray(expected)) {
    return actual.map((one, at) => sameMembers(one, expected[at]));
  }
  if (!isObject(actual) || !isObject(expected)) return actual;
  const members = Object.keys(actual).filter((name) => name in expected);
  return Object.fromEntries(
    members.map((name) => [
      name,
      IN_OWN_WORDS.has(name) ? expected[name] : sameMembers(actual[name], expected[name]),
    ]),
  );
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

describe.concurrent('leasetap read -T jsonl', () => {
  it.each(captures)('finds every failover message of %s', async (capture) => {
    const run = await runLeasetap(['read', '-T', 'jsonl', join(folder, capture)]);
    const found = jsonLines(run.out).filter((message) => message['protocol'] === 'dhcpv6-failover');
    const expected = expectedOf(capture);
    expect(found.map((message, at) => sameMembers(message, { ...expected[at], index: undefined }))).toEqual(
      expected.map((message) => ({ ...message, index: expect.any(Number) })),
    );
    expect(run.code).toBe(capture === 'mal-file-truncated-packet.pcap' ? 2 : 0);
  });
});

describe('a capture that comes otherwise than as a plain file', () => {
  const plain = join(folder, 'ip6-exthdr.pcap');

  it.each([
    ['compressed by gzip', 'gzip -c'],
    ['through a named pipe', 'cat'],
  ])('%s says the same', async (_, command) => {
    const path = join(temporaryFolder(), 'capture');
    const writes =
      command === 'cat' ? `mkfifo ${path} && cat ${plain} > ${path} &` : `${command} ${plain} > ${path}`;
    const shell = `${writes}\nsleep 0.2; exec ${process.execPath} ${mainFile} read ${path}`;
    const run = spawnSync('sh', ['-c', shell], { encoding: 'utf8', timeout: 20_000 });
    expect([run.stderr, run.status]).toEqual(['', 0]);
    expect(run.stdout).toBe((await runLeasetap(['read', plain])).out);
  });
});

describe('leasetap read', () => {
  const sample = join(folder, 'basic-all-messages.pcap');

  it('prints one line a message', async () => {
    const { code, out, err } = await runLeasetap(['read', sample]);
    expect([code, err]).toEqual([0, '']);
    const lines = out.trimEnd().split('\n');
    expect(lines).toHaveLength(18);
    expect(lines[0]).toMatch(/ p>s CONNECT /);
  });

  it('prints trees with octets', async () => {
    const { code, out } = await runLeasetap(['read', '-T', 'tree', '-x', sample]);
    expect(code).toBe(0);
    expect(out).toContain('OPTION_F_RELATIONSHIP_NAME');
    expect(out).toMatch(/^0000 {2}1f /m);
  });

  it('reads standard input', async () => {
    const fromFile = await runLeasetap(['read', sample]);
    const fromPipe = await runLeasetap(['read', '-'], readFileSync(sample));
    expect(fromPipe).toMatchObject({ code: 0, out: fromFile.out });
  });

  it('ends quietly when its reader has seen enough', async () => {
    const program = JSON.stringify(mainFile);
    const big = join(folder, 'scn-b-mclt-example.pcap');
    const command = `set -o pipefail; ${process.execPath} ${program} read -T tree ${big} ${big} ${big} | head -n 1`;
    const run = await start('bash', ['-c', command]).ended;
    expect([run.code, run.err]).toEqual([0, '']);
    expect(run.out.split('\n')).toHaveLength(2);
  });

  it.each([
    ['-T', 'jsonl'],
    ['-T', 'ek'],
    ['-T', 'tree'],
    ['-o', 'delta,type,info', '--color', 'always'],
    ['-Y', 'rtt'],
    ['-2', '-T', 'fields', '-e', 'index', '-e', 'reply_in', '-E', 'header=y', '-E', 'bom=y'],
    ['-T', 'ladder'],
  ])('prints the same with threads as without: %s %s', async (...args) => {
    const file = join(temporaryFolder(), 'large.pcap');
    makeCapture('udp6', 6000, file);
    const [alone, together] = await Promise.all([
      runLeasetap(['read', '-j', '1', ...args, file]),
      runLeasetap(['read', '-j', '3', ...args, file]),
    ]);
    expect([together.code, together.err]).toEqual([alone.code, alone.err]);
    expect(together.out === alone.out).toBe(true);
    expect(alone.out.split('\n').length).toBeGreaterThan(3000);
  });

  it('ends quietly with its threads when its reader has seen enough', async () => {
    const file = join(temporaryFolder(), 'large.pcap');
    makeCapture('fo6-10', 50_000, file);
    const program = JSON.stringify(mainFile);
    const command = `set -o pipefail; ${process.execPath} ${program} read -j 2 -T jsonl ${file} | head -n 2000`;
    const run = await start('bash', ['-c', command]).ended;
    expect([run.code, run.err]).toEqual([0, '']);
    expect(run.out.split('\n')).toHaveLength(2001);
  });

  it.runIf(existsSync('/dev/full'))('says so when the disk is full, with threads and without', async () => {
    const file = join(temporaryFolder(), 'large.pcap');
    makeCapture('fo6-10', 5000, file);
    for (const threads of [1, 3]) {
      const command = `${process.execPath} ${JSON.stringify(mainFile)} read -j ${threads} -T jsonl ${file} > /dev/full`;
      const { code, err } = await start('bash', ['-c', command]).ended;
      expect([code, err]).toEqual([2, 'leasetap: standard output: no space left on the device\n']);
    }
  });

  it('leaves whole lines when it is interrupted while threads print', async () => {
    const file = join(temporaryFolder(), 'large.pcap');
    makeCapture('fo6-10', 50_000, file);
    const running = leasetap(['read', '-j', '2', '-T', 'jsonl', file]);
    await running.prints(/"index":3000,/);
    const { code, out } = await running.kill('SIGINT');
    expect(code).toBe(130);
    expect(out.endsWith('\n')).toBe(true);
    const indices = out
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as Json)['index']);
    expect(indices).toEqual(Array.from(indices, (_, index) => index));
  });

  it.each(['1', '3'])('ends when it is interrupted while nobody takes its lines (-j %s)', async (threads) => {
    const file = join(temporaryFolder(), 'large.pcap');
    makeCapture('fo6-10', 50_000, file);
    const running = spawn(process.execPath, [mainFile, 'read', '-j', threads, '-T', 'jsonl', file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(running, 'exit');
    await once(running.stdout, 'readable');
    // Time to fill the pipe and everything before it.
    await setTimeout(1000);
    running.kill('SIGINT');
    expect(await exited).toEqual([130, null]);
  });

  it('reads a damaged file up to the damage and says where it is', async () => {
    const { code, out, err } = await runLeasetap(['read', join(folder, 'mal-file-truncated-packet.pcap')]);
    expect(code).toBe(2);
    expect(out.trimEnd().split('\n')).toHaveLength(14);
    expect(err).toMatch(/^leasetap: .*mal-file-truncated-packet\.pcap: [^\n]*4130[^\n]*\n$/);
  });

  it.each(v4Captures)('finds every message of the DHCPv4 failover of %s', async (capture) => {
    const { code, out } = await runLeasetap(['read', '-T', 'jsonl', join(v4Folder, capture)]);
    expect(code).toBe(0);
    const found = jsonLines(out).map((message) => [
      message['frame'],
      message['src'],
      message['msg_name'],
      message['message_size'],
    ]);
    expect(found).toEqual(v4ExpectedOf(capture));
  });

  it.each([
    [
      'a file that is not there',
      ['read', '/nowhere/x.pcap'],
      /^leasetap: \/nowhere\/x\.pcap: no such file or directory\n$/,
    ],
    ['a directory', ['read', folder], /^leasetap: [^\n]*directory[^\n]*\n$/],
    [
      'a file that is no capture',
      ['read', join(top, 'package.json')],
      /^leasetap: [^\n]*package\.json[^\n]*\n$/,
    ],
    ['no file at all', ['read'], /^leasetap: missing required argument 'files'\n$/],
    [
      'an unknown format',
      ['read', '-T', 'xml', sample],
      /^leasetap: [^\n]*xml[^\n]*text, tree, jsonl[^\n]*\n$/,
    ],
    [
      'an unknown column',
      ['read', '-o', 'colour', sample],
      /^leasetap: -o colour: unknown name "colour"[^\n]*\n$/,
    ],
    ['octets in JSON', ['read', '-T', 'jsonl', '-x', sample], /^leasetap: -x is for -T text[^\n]*\n$/],
  ])('answers %s with one line and exit code 2', async (_what, args, message) => {
    const { code, out, err } = await runLeasetap(args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(message);
  });

  it('answers an empty input with one line and exit code 2', async () => {
    const { code, err } = await runLeasetap(['read', '-'], new Uint8Array());
    expect(code).toBe(2);
    expect(err).toMatch(/^leasetap: standard input: [^\n]+\n$/);
  });

  it('stops at once and leaves whole lines when interrupted', async () => {
    const running = leasetap(['read', '-']);
    running.child.stdin?.write(readFileSync(sample));
    await running.prints(/CONNECTREPLY/);
    const { code, out } = await running.kill('SIGINT');
    expect(code).toBe(130);
    expect(out.endsWith('\n')).toBe(true);
  });

  it('reads files with awkward names', async () => {
    const path = join(temporaryFolder(), 'a b\u001b[31m.pcap');
    await writeFile(path, readFileSync(sample).subarray(0, 500));
    const { err } = await runLeasetap(['read', path]);
    expect(err).not.toContain('\u001b');
    expect(err.trimEnd().split('\n')).toHaveLength(1);
  });
});
