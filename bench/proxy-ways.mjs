/** The ways between a client and an echo that are compared: nothing, HAProxy, a plain Node pipe, mitmproxy, leasetap. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';

export const MAIN = new URL('../dist/bundle/main.cjs', import.meta.url).pathname;
const HOST = '127.0.0.1';
/** Some take seconds until they listen. */
const ATTEMPTS = 400;

const LOAD = new URL('./proxy-load', import.meta.url).pathname;

/** The command of the load: in C if that can be compiled into `folder`, else in JavaScript. */
export function loadCommand(folder) {
  const program = join(folder, 'proxy-load');
  const isCompiled = spawnSync('cc', ['-O2', '-o', program, `${LOAD}.c`]).status === 0;
  return isCompiled ? [program] : [process.execPath, `${LOAD}.mjs`];
}

/** Answers octets with themselves, where there is no compiler. */
const ECHO = `require('node:net').createServer({ noDelay: true }, (s) => { s.on('error', () => {}); s.pipe(s); }).listen(PORT, '${HOST}')`;
const PIPE = `const net = require('node:net'); net.createServer({ allowHalfOpen: true, noDelay: true }, (a) => { const b = net.connect({ port: TARGET, host: '${HOST}', allowHalfOpen: true, noDelay: true }); a.pipe(b); b.pipe(a); a.on('error', () => b.destroy()); b.on('error', () => a.destroy()); }).listen(PORT, '${HOST}')`;

const hasTaskset = spawnSync('taskset', ['-c', '0', 'true']).status === 0;

/** Starts a program on the one processor that everything runs on, where that can be had. */
export function start(program, args, stdio = 'ignore') {
  const [file, words] = hasTaskset ? ['taskset', ['-c', '0', program, ...args]] : [program, args];
  return spawn(file, words, { stdio });
}

/**
 * Starts those of the ways that are installed, each to the same echo, and waits until they answer; `children` gets
 * their processes. Files of leasetap are made in `folder`.
 */
export async function startWays(names, folder, children) {
  const [echo, ...ports] = await freePorts(names.length + 1);
  const run = (program, args) => children.push(start(program, args));
  const [load, script] = loadCommand(folder);
  if (script === undefined) run(load, [`${echo}`, 'echo']);
  else run(process.execPath, ['-e', ECHO.replace('PORT', echo)]);
  const ways = [];
  for (const name of names) {
    const port = ports.shift();
    if (name === 'direct') ways.push({ name, port: echo });
    else if (STARTERS[name](run, port, echo, folder)) ways.push({ name, port, child: children.at(-1) });
  }
  for (const { port } of ways) await answering(port);
  return ways;
}

const STARTERS = {
  'node pipe': (run, port, target) =>
    run(process.execPath, ['-e', PIPE.replace('PORT', port).replace('TARGET', target)]),
  HAProxy: (run, port, target, folder) => {
    if (!isInstalled('haproxy', '-v')) return false;
    const config = join(folder, 'haproxy.cfg');
    const head = 'global\n  nbthread 1\ndefaults\n  mode tcp\n  timeout connect 5s\n';
    const times = '  timeout client 60s\n  timeout server 60s\n';
    const listen = `listen a\n  bind ${HOST}:${port}\n  server s ${HOST}:${target}\n`;
    writeFileSync(config, head + times + listen);
    return run('haproxy', ['-f', config, '-db']);
  },
  mitmproxy: (run, port, target, folder) => {
    if (!isInstalled('mitmdump', '--version')) return false;
    const quiet = ['-q', '--set', 'flow_detail=0', '--set', `confdir=${join(folder, 'mitm')}`];
    const raw = ['--mode', `reverse:http://${HOST}:${target}`, '--set', 'tcp_hosts=.*'];
    return run('mitmdump', [...quiet, ...raw, '--listen-host', HOST, '-p', `${port}`]);
  },
  leasetap: (run, port, target, folder) => {
    const files = ['--write', join(folder, 'tap.pcapng'), '--log', join(folder, 'tap.jsonl')];
    // A bench that fills the disk measures the disk.
    const rotation = ['--rotate-size', '256M', '--keep', '2'];
    const ends = ['--listen', `${HOST}:${port}`, '--to', `${HOST}:${target}`];
    return run(process.execPath, [MAIN, 'proxy', ...ends, ...files, ...rotation, '--quiet']);
  },
};

function isInstalled(program, flag) {
  return spawnSync(program, [flag]).status === 0;
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
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
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
