/**
 * What the proxy adds: round trips of one 200-octet BNDUPD and batches of them, through nothing, through a plain Node
 * pipe, through leasetap with dissection, log and recording and no fault armed, and through HAProxy where there is one.
 * Rounds are interleaved, because the machine is never quite the same; medians of the rounds are printed. With `taskset`
 * every process runs on one CPU, so that waking up another one is not what is measured.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from './measure.mjs';

const MAIN = new URL('../dist/cli/main.js', import.meta.url).pathname;
const HOST = '127.0.0.1';
const ROUND_TRIPS = 4000;
const BATCHED = 200_000;
const CHUNK_MESSAGES = 300;

/** A BNDUPD of 200 octets with its prefix: header, and one option that nobody knows. */
const MESSAGE = message();

function message() {
  const bytes = Buffer.alloc(200);
  bytes.writeUInt16BE(198, 0);
  bytes[2] = 24;
  bytes.writeUInt16BE(60_000, 10);
  bytes.writeUInt16BE(200 - 14, 12);
  return bytes;
}

/** Runs in a child: answers octets with themselves, or swallows them and says how many came when asked by an end. */
const ECHO = `require('node:net').createServer({ noDelay: true }, (s) => { s.on('error', () => {}); s.pipe(s); }).listen(PORT, '${HOST}')`;
const SINK = `require('node:net').createServer({ allowHalfOpen: true }, (s) => { let n = 0; s.on('error', () => {}); s.on('data', (d) => { n += d.length; }); s.on('end', () => s.end(String(n))); }).listen(PORT, '${HOST}')`;
const PIPE = `const net = require('node:net'); net.createServer({ allowHalfOpen: true, noDelay: true }, (a) => { const b = net.connect({ port: TARGET, host: '${HOST}', allowHalfOpen: true, noDelay: true }); a.pipe(b); b.pipe(a); a.on('error', () => b.destroy()); b.on('error', () => a.destroy()); }).listen(PORT, '${HOST}')`;

export async function run(options, print) {
  const folder = mkdtempSync(join(tmpdir(), 'leasetap-bench-'));
  const children = [];
  const start = (program, args) => {
    const [file, words] = onOneCpu(program, args);
    const child = spawn(file, words, { stdio: 'ignore' });
    children.push(child);
  };
  try {
    const ports = await freePorts(12);
    const [echo, sink] = ports;
    start(process.execPath, ['-e', ECHO.replace('PORT', echo)]);
    start(process.execPath, ['-e', SINK.replace('PORT', sink)]);
    const ways = [{ name: 'direct', echo, sink }, ...startProxies(start, ports, folder)];
    for (const way of ways) await Promise.all([answering(way.echo), answering(way.sink)]);
    const results = new Map(ways.map(({ name }) => [name, { p50: [], p99: [], rate: [] }]));
    for (let round = 0; round < options.rounds; round++) {
      for (const way of ways) {
        const trips = await roundTrips(way.echo);
        const result = results.get(way.name);
        result.p50.push(percentile(trips, 0.5));
        result.p99.push(percentile(trips, 0.99));
        result.rate.push(await batches(way.sink));
      }
    }
    table(results, print);
  } finally {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

function startProxies(start, [echo, sink, ...ports], folder) {
  const take = () => ports.shift();
  const pipe = { name: 'node pipe', echo: take(), sink: take() };
  const tap = { name: 'leasetap', echo: take(), sink: take() };
  for (const [listen, target] of [
    [pipe.echo, echo],
    [pipe.sink, sink],
  ]) {
    start(process.execPath, ['-e', PIPE.replace('PORT', listen).replace('TARGET', target)]);
  }
  for (const [listen, target] of [
    [tap.echo, echo],
    [tap.sink, sink],
  ]) {
    const files = [
      '--write',
      join(folder, `${listen}.pcapng`),
      '--log',
      join(folder, `${listen}.jsonl`),
      '--quiet',
    ];
    start(process.execPath, [
      MAIN,
      'proxy',
      '--listen',
      `${HOST}:${listen}`,
      '--to',
      `${HOST}:${target}`,
      ...files,
    ]);
  }
  const ways = [pipe, tap];
  if (spawnSync('haproxy', ['-v']).status === 0) {
    const haproxy = { name: 'HAProxy', echo: take(), sink: take() };
    const config = join(folder, 'haproxy.cfg');
    const listen = (name, port, target) =>
      `listen ${name}\n  bind ${HOST}:${port}\n  server s ${HOST}:${target}\n`;
    const head =
      'global\n  nbthread 1\ndefaults\n  mode tcp\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\n';
    writeFileSync(config, head + listen('a', haproxy.echo, echo) + listen('b', haproxy.sink, sink));
    start('haproxy', ['-f', config, '-db']);
    ways.push(haproxy);
  }
  return ways;
}

/** One message there and back, again and again; microseconds. */
async function roundTrips(port) {
  const socket = connect({ port, host: HOST, noDelay: true });
  await once(socket, 'connect');
  const times = [];
  let left = 0;
  let answered;
  socket.on('data', (data) => {
    left -= data.length;
    if (left === 0) answered();
  });
  for (let trip = 0; trip < ROUND_TRIPS; trip++) {
    left = MESSAGE.length;
    const began = process.hrtime.bigint();
    await new Promise((resolve) => {
      answered = resolve;
      socket.write(MESSAGE);
    });
    times.push(Number(process.hrtime.bigint() - began) / 1000);
  }
  socket.destroy();
  return times.slice(ROUND_TRIPS / 10).sort((a, b) => a - b);
}

/** Messages a second into a sink that says at the end how many octets came. */
async function batches(port) {
  const chunk = Buffer.concat(Array.from({ length: CHUNK_MESSAGES }, () => MESSAGE));
  const socket = connect({ port, host: HOST, allowHalfOpen: true });
  await once(socket, 'connect');
  const began = performance.now();
  for (let sent = 0; sent < BATCHED; sent += CHUNK_MESSAGES) {
    if (!socket.write(chunk)) await once(socket, 'drain');
  }
  socket.end();
  let told = '';
  for await (const data of socket) told += data;
  const expected = Math.ceil(BATCHED / CHUNK_MESSAGES) * chunk.length;
  if (Number(told) !== expected) throw new Error(`${told} of ${expected} octets came`);
  return (expected / MESSAGE.length / (performance.now() - began)) * 1000;
}

function table(results, print) {
  const direct = results.get('direct');
  print(
    `${'way'.padEnd(12)} ${'added p50'.padStart(10)} ${'added p99'.padStart(10)} ${'batched'.padStart(14)}`,
  );
  for (const [name, { p50, p99, rate }] of results) {
    const added = (values, base) => `${(median(values) - median(base)).toFixed(1)} µs`.padStart(10);
    const perSecond = `${Math.round(median(rate) / 1000)} k/s`.padStart(14);
    print(`${name.padEnd(12)} ${added(p50, direct.p50)} ${added(p99, direct.p99)} ${perSecond}`);
  }
  const [pipe, tap] = [results.get('node pipe'), results.get('leasetap')];
  const ratio = (key) =>
    ((median(tap[key]) - median(direct[key])) / (median(pipe[key]) - median(direct[key]))).toFixed(2);
  print(
    `leasetap / node pipe: added p50 ${ratio('p50')}, added p99 ${ratio('p99')}, batched ${(median(tap.rate) / median(pipe.rate)).toFixed(2)}`,
  );
}

function percentile(sorted, part) {
  return sorted[Math.floor(sorted.length * part)];
}

const taskset = spawnSync('taskset', ['-c', '0', 'true']).status === 0;

function onOneCpu(program, args) {
  return taskset ? ['taskset', ['-c', '0', program, ...args]] : [program, args];
}

async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, HOST);
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Resolves when somebody accepts connections there. */
async function answering(port) {
  for (let attempt = 0; attempt < 200; attempt++) {
    const socket = connect({ port, host: HOST });
    const up = await new Promise((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    if (up) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nobody listens on port ${port}`);
}
