/**
 * What the proxy adds: round trips of one BNDUPD of 200 octets, and batches of them with 256 on their way, through
 * nothing, HAProxy, a plain Node pipe, mitmproxy and leasetap with dissection, log and recording on and no fault armed.
 * Everything is on one processor, so that waking up another one is not what is measured. Rounds are interleaved, because
 * the machine is never quite the same: held against the targets is the median of the ratios within a round, of what each
 * way added to the direct one of the same round. Rounds at the beginning, in which programs that are compiled while they
 * run are still being compiled, are played and not counted. `--soak SECONDS`: see proxy-soak.mjs.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from './measure.mjs';
import { soak } from './proxy-soak.mjs';
import { loadCommand, start, startWays } from './proxy-ways.mjs';

const TRIPS = 8000;
const BATCHED = 200_000;
/** mitmproxy is slow: fewer say as much. */
const FEWER = 10;
/** What cannot be a burst any more: the log and the recording have to keep up. */
const SUSTAINED = 2_000_000;
/** Rounds that are not counted: V8 compiles for three of them. */
const WARM_UP_ROUNDS = 3;
/** For leasetap's other thread to be done with a burst before another way is measured. */
const SETTLE_MILLIS = 1500;

const NAMES = ['direct', 'HAProxy', 'node pipe', 'mitmproxy', 'leasetap'];

/** The median of the ratios of leasetap's `key` to another's of the same round: at most or at least so much. */
const TARGETS = [
  { key: 'p50', other: 'HAProxy', atMost: 1.5 },
  { key: 'p50', other: 'node pipe', atMost: 1.25 },
  { key: 'p99', other: 'HAProxy', atMost: 2 },
  { key: 'p99', other: 'mitmproxy', atMost: 1 / 8 },
  { key: 'perSecond', other: 'HAProxy', atLeast: 0.5 },
  { key: 'perSecond', other: 'node pipe', atLeast: 0.8 },
];
const SAID = { p50: 'added p50', p99: 'added p99', perSecond: 'batched' };

export async function run(options, print) {
  const folder = mkdtempSync(join(tmpdir(), 'leasetap-bench-'));
  const children = [];
  try {
    if (options.soakSeconds !== undefined) {
      await soak(options.soakSeconds, folder, children, print);
      return;
    }
    const ways = await startWays(NAMES, folder, children);
    const [program, ...script] = loadCommand(folder);
    const load = (port, kind, count) => answerOf(program, [...script, `${port}`, kind, `${count}`]);
    const results = new Map(ways.map(({ name }) => [name, { p50: [], p99: [], perSecond: [] }]));
    for (let round = -WARM_UP_ROUNDS; round < options.rounds; round++) {
      for (const { name, port } of ways) {
        const [trips, batched] = name === 'mitmproxy' ? [TRIPS / FEWER, BATCHED / FEWER] : [TRIPS, BATCHED];
        const { p50, p99 } = await load(port, 'trips', trips);
        const { perSecond } = await load(port, 'batch', batched);
        if (name === 'leasetap') await new Promise((resolve) => setTimeout(resolve, SETTLE_MILLIS));
        if (round < 0) continue;
        const result = results.get(name);
        result.p50.push(p50);
        result.p99.push(p99);
        result.perSecond.push(perSecond);
      }
    }
    table(results, print);
    verdicts(results, print);
    const tap = ways.find(({ name }) => name === 'leasetap');
    const { perSecond } = await load(tap.port, 'batch', SUSTAINED);
    print(`leasetap, ${SUSTAINED.toLocaleString('en')} in one go: ${perThousand(perSecond)}`);
  } finally {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

async function answerOf(program, args) {
  const child = start(program, args, ['ignore', 'pipe', 'inherit']);
  let out = '';
  child.stdout.on('data', (text) => {
    out += text;
  });
  await once(child, 'close');
  return JSON.parse(out);
}

/** By round; latencies as what is added to the direct way of that round. */
function values(results, name, key) {
  const own = results.get(name)[key];
  if (key === 'perSecond') return own;
  const direct = results.get('direct')[key];
  return own.map((value, round) => value - direct[round]);
}

function table(results, print) {
  print(['way', 'added p50', 'added p99', 'batched'].map((text, index) => cell(text, index)).join(''));
  for (const name of results.keys()) {
    const added = (key) => `${median(values(results, name, key)).toFixed(1)} µs`;
    const cells = [name, added('p50'), added('p99'), perThousand(median(values(results, name, 'perSecond')))];
    print(cells.map((text, index) => cell(text, index)).join(''));
  }
}

function cell(text, index) {
  return index === 0 ? text.padEnd(12) : text.padStart(14);
}

function perThousand(perSecond) {
  return `${Math.round(perSecond / 1000)} k/s`;
}

function verdicts(results, print) {
  for (const { key, other, atMost, atLeast } of TARGETS) {
    if (!results.has(other)) continue;
    const others = values(results, other, key);
    const ratio = median(values(results, 'leasetap', key).map((own, round) => own / others[round]));
    const isMet = atMost === undefined ? ratio >= atLeast : ratio <= atMost;
    const bound = atMost === undefined ? `at least ${atLeast}` : `at most ${atMost}`;
    print(`${isMet ? 'met   ' : 'MISSED'} ${SAID[key]}: ${ratio.toFixed(2)} of ${other}, wanted ${bound}`);
  }
}
