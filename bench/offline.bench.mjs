/**
 * Captures read by leasetap, tshark, tcpdump and a walk in C, in one run: every round runs every program once, so that
 * ratios come from the same minutes of the same machine. Programs that are not installed are left out and named.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KINDS, makeCapture } from './captures.mjs';
import { measure, median, versionOf } from './measure.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const leasetap = fileURLToPath(new URL('../dist/bundle/main.cjs', import.meta.url));
const small = fileURLToPath(new URL('../fixtures/captures/dhcpv6/basic-all-messages.pcap', import.meta.url));

/**
 * tshark has no RFC 8156; read as bulk leasequery it cuts the frames rightly and sees no options: less work than ours.
 * The same trees in leasequery it reads in full.
 */
const DECODE_AS = { 'fo6-10': ['-d', 'tcp.port==647,dhcpv6.bulk_leasequery'] };
DECODE_AS['fo6-1'] = DECODE_AS['fo6-10'];
DECODE_AS['fo4-10'] = ['-d', 'tcp.port==647,dhcpfo'];

/** What is compared: its name for `--contests`, our arguments, theirs, how many times as fast we want to be, and on how many messages. */
const CONTESTS = [
  {
    name: 'text',
    title: 'one line a message or packet',
    ours: ['-T', 'text'],
    theirs: { tshark: (file, kind) => ['-n', '-r', file, ...(DECODE_AS[kind] ?? [])] },
    target: { tshark: 10 },
    // Ours has a line for each message, theirs one for each packet.
    countsLines: true,
  },
  {
    name: 'tcpdump',
    title: 'one line a client message, tcpdump in full',
    kinds: ['udp6'],
    ours: ['-T', 'text'],
    theirs: { tcpdump: (file) => ['-n', '-vvv', '-r', file] },
    target: { tcpdump: 2 },
  },
  {
    name: 'stats',
    title: 'statistics',
    ours: ['--stats'],
    theirs: {
      tshark: (file, kind) => ['-n', '-q', '-z', 'io,stat,0', '-r', file, ...(DECODE_AS[kind] ?? [])],
    },
    target: { tshark: 10 },
    walkTimes: 15,
  },
  {
    name: 'json',
    title: 'the whole tree as JSON',
    ours: ['-T', 'jsonl'],
    theirs: {
      'tshark json': (file, kind) => ['-n', '-T', 'json', '-r', file, ...(DECODE_AS[kind] ?? [])],
      'tshark ek': (file, kind) => ['-n', '-T', 'ek', '-r', file, ...(DECODE_AS[kind] ?? [])],
    },
    target: { 'tshark json': 25, 'tshark ek': 15 },
  },
];

/** Writes the tables with `print`, one line at a time. `options` are those of run.mjs. */
export async function run(options, print) {
  mkdirSync(options.folder, { recursive: true });
  const programs = findPrograms(options.folder);
  print(
    `# Offline: ${options.messages} messages a capture, median of ${options.rounds}, output ${options.throughPipe ? 'read from a pipe' : 'to /dev/null'}`,
  );
  print('');
  print(
    `Node ${process.version}, ${cpus()[0].model}, ${cpus().length} CPUs, ${Math.round(totalmem() / 2 ** 30)} GiB`,
  );
  for (const [name, { version }] of Object.entries(programs)) print(`${name}: ${version ?? 'not installed'}`);
  const can = spawnSync(process.execPath, [leasetap, 'read', '--help'], { encoding: 'utf8' }).stdout;
  for (const contest of CONTESTS.filter(({ name }) => options.contests?.includes(name) ?? true)) {
    const kinds = (options.kinds ?? Object.keys(KINDS)).filter(
      (kind) => contest.kinds === undefined || contest.kinds.includes(kind),
    );
    if (kinds.length === 0) continue;
    print('');
    print(`## ${contest.title}`);
    print('');
    if (contest.ours[0].startsWith('--') && !can.includes(contest.ours[0])) {
      print(`leasetap read has no ${contest.ours[0]}`);
      continue;
    }
    await runContest(contest, kinds, programs, options, print);
  }
  if (options.contests === undefined) await firstLine(programs, options, print);
}

async function runContest(contest, kinds, programs, options, print) {
  const rivals = Object.keys(contest.theirs).filter(
    (name) => programs[name.split(' ')[0]].version !== undefined,
  );
  const columns = ['capture', 'messages', 'leasetap', 'MiB'];
  for (const name of rivals) columns.push(name, 'MiB', 'times as fast', 'wanted');
  if (contest.countsLines) columns.push('lines a second, times theirs');
  if (contest.walkTimes !== undefined) columns.push('C walk', 'walks', 'wanted');
  row(print, columns);
  row(
    print,
    columns.map(() => '---'),
  );
  for (const kind of kinds) {
    const count = contest.name === 'json' ? options.jsonMessages : options.messages;
    const file = captureOf(kind, count, options.folder);
    const runs = { leasetap: [process.execPath, leasetap, 'read', ...contest.ours, file] };
    for (const name of rivals)
      runs[name] = [programs[name.split(' ')[0]].path, ...contest.theirs[name](file, kind)];
    if (contest.walkTimes !== undefined && programs.walk.version !== undefined) {
      runs.walk = [programs.walk.path, 'opts', file];
    }
    const results = await rounds(runs, options.rounds, options.throughPipe);
    const ours = results.leasetap;
    const cells = [KINDS[kind].title, count, rate(count, ours), memory(ours)];
    for (const name of rivals) {
      const ratio = results[name].millis / ours.millis;
      cells.push(
        rate(count, results[name]),
        memory(results[name]),
        ratio.toFixed(1),
        verdict(ratio, contest.target[name]),
      );
    }
    if (contest.countsLines) {
      const packets = packetsOf(file);
      const times = rivals.map((name) => ((count / ours.millis) * results[name].millis) / packets);
      cells.push(times.map((ratio) => ratio.toFixed(1)).join(', '));
    }
    if (results.walk !== undefined) {
      const times = ours.millis / results.walk.millis;
      const met = times <= contest.walkTimes ? 'met' : 'missed';
      cells.push(rate(count, results.walk), times.toFixed(1), `at most ${contest.walkTimes}: ${met}`);
    }
    row(print, cells);
  }
  print('');
  print(
    `Load average at the end: ${loadavg()
      .map((load) => load.toFixed(1))
      .join(' ')}`,
  );
}

/** Time to the first octet of output from a small file. */
async function firstLine(programs, options, print) {
  print('');
  print('## first line of output from a small file');
  print('');
  const runs = { leasetap: [process.execPath, leasetap, 'read', small] };
  if (programs.tshark.version !== undefined) runs.tshark = [programs.tshark.path, '-n', '-l', '-r', small];
  const results = await rounds(runs, Math.max(5, options.rounds), true);
  for (const [name, { firstMillis }] of Object.entries(results))
    print(`${name}: ${firstMillis.toFixed(0)} ms`);
}

async function rounds(runs, count, throughPipe) {
  const all = Object.fromEntries(Object.keys(runs).map((name) => [name, []]));
  for (let round = 0; round < count; round++) {
    for (const [name, command] of Object.entries(runs))
      all[name].push(await measure(command, { throughPipe }));
  }
  return Object.fromEntries(
    Object.entries(all).map(([name, results]) => [
      name,
      {
        millis: median(results.map((result) => result.millis)),
        firstMillis: median(results.map((result) => result.firstMillis ?? result.millis)),
        mebibytes: Math.max(...results.map((result) => result.mebibytes ?? 0)),
      },
    ]),
  );
}

function findPrograms(folder) {
  const walk = join(folder, 'walk');
  const built = spawnSync('cc', ['-O3', '-march=native', '-o', walk, join(here, 'walk.c')]);
  return {
    tshark: { path: 'tshark', version: versionOf('tshark') },
    tcpdump: { path: 'tcpdump', version: versionOf('tcpdump') },
    walk: { path: walk, version: built.status === 0 ? 'bench/walk.c, cc -O3 -march=native' : undefined },
  };
}

function captureOf(kind, count, folder) {
  const file = join(folder, `${kind}-${count}.pcap`);
  if (!existsSync(file)) makeCapture(kind, count, file);
  return file;
}

/** Records of a classic pcap file of this machine's byte order. */
function packetsOf(path) {
  const octets = readFileSync(path);
  let packets = 0;
  for (let at = 24; at < octets.length; packets++) at += 16 + octets.readUInt32LE(at + 8);
  return packets;
}

function rate(count, { millis }) {
  const perSecond = (count / millis) * 1000;
  return perSecond >= 1e6 ? `${(perSecond / 1e6).toFixed(2)}M/s` : `${(perSecond / 1e3).toFixed(1)}k/s`;
}

function memory({ mebibytes }) {
  return mebibytes > 0 ? mebibytes.toFixed(0) : '?';
}

function verdict(ratio, target) {
  return `${target}: ${ratio >= target ? 'met' : 'missed'}`;
}

function row(print, cells) {
  print(`| ${cells.join(' | ')} |`);
}
