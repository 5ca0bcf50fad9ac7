/**
 * The plan of address-preserving mode, carried out: a primary and a secondary in two networks, a router with the proxy
 * between them. The secondary drops whoever is not the primary's address; neither has a word about the proxy.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { mainFile, type Running, start, temporaryFolder } from '../support/process.ts';
import { MIDDLE, Network, whyNoNamespaces } from './namespaces.ts';

const PRIMARY = '2001:db8:f1::1';
const SECONDARY = '2001:db8:f2::2';

/** Answers each octet that comes from the right address; resets everybody else. */
const SECONDARY_PROGRAM = `
require('node:net').createServer((socket) => {
  socket.on('error', () => {});
  if (socket.remoteAddress !== '${PRIMARY}') { console.log('dropped', socket.remoteAddress); socket.resetAndDestroy(); return; }
  console.log('welcome', socket.remoteAddress);
  socket.pipe(socket);
}).listen(647, '::', () => console.log('ready'));`;

/** Sends a CONTACT of RFC 8156 and waits for the echo. */
const PRIMARY_PROGRAM = `
const socket = require('node:net').connect(647, '${SECONDARY}', () => socket.write(Buffer.from('0008230000010000000a', 'hex')));
socket.on('error', (error) => { console.log(error.code); process.exit(1); });
socket.on('data', (data) => { console.log('echo', data.toString('hex'), socket.remoteAddress); process.exit(0); });
setTimeout(() => { console.log('silence'); process.exit(1); }, 5000);`;

function whyNot(): string | undefined {
  const no = whyNoNamespaces();
  if (no !== undefined) return no;
  return spawnSync('nft', ['--version']).status === 0 ? undefined : 'the program nft (nftables) is missing';
}

function run(
  network: Network,
  host: string,
  program: string,
  args: readonly string[],
  input?: string,
): string {
  const [file, words] = network.inside(host, program, args);
  const done = spawnSync(file, words, { encoding: 'utf8', ...(input === undefined ? {} : { input }) });
  if (done.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${done.stderr}${done.stdout}`);
  return done.stdout;
}

const why = whyNot();

describe.skipIf(why !== undefined)(
  `the plan of a proxy that nobody sees${why === undefined ? '' : ` (${why})`}`,
  () => {
    it('keeps both addresses, and lets traffic pass by when leasetap is killed', async () => {
      const network = new Network(['2001:db8:f1::fe/64', '2001:db8:f2::fe/64']);
      network.host('a', `${PRIMARY}/64`);
      network.host('b', `${SECONDARY}/64`);
      for (const [host, gateway] of [
        ['a', '2001:db8:f1::fe'],
        ['b', '2001:db8:f2::fe'],
      ] as const) {
        run(network, host, 'ip', ['route', 'add', 'default', 'via', gateway]);
      }
      run(network, MIDDLE, 'sysctl', ['-q', '-w', 'net.ipv6.conf.all.forwarding=1']);
      const plan = run(network, MIDDLE, process.execPath, [
        mainFile,
        'proxy',
        'plan',
        '--primary',
        PRIMARY,
        '--secondary',
        SECONDARY,
      ]);
      run(network, MIDDLE, 'nft', ['-f', '-'], plan);
      const secondary = start(...network.inside('b', process.execPath, ['-e', SECONDARY_PROGRAM]));
      await secondary.prints(/ready/);
      const proxy = startAsPlanned(network, plan);
      await proxy.prints(/listening on/);
      const answered = (answer: string): boolean => answer === `echo 0008230000010000000a ${SECONDARY}`;
      // Until the proxy has said that it is alive, echoes pass by it.
      const seen = (answer: string): boolean =>
        answered(answer) && /p>s CONTACT/.test(proxy.out) && /s>p CONTACT/.test(proxy.out);
      await eventually('an echo through the proxy', () => askSecondary(network), seen, 15_000);
      expect(secondary.out).not.toContain('dropped');
      await proxy.kill('SIGKILL');
      await eventually('an echo past the dead proxy', () => askSecondary(network), answered, 15_000);
    }, 60_000);
  },
);

/** The command that the plan itself names. */
function startAsPlanned(network: Network, plan: string): Running {
  const command = (/leasetap (proxy --listen .*)$/m.exec(plan)?.[1] ?? '').replaceAll("'", '');
  const recording = join(temporaryFolder(), 'tap.pcapng');
  return start(
    ...network.inside(MIDDLE, process.execPath, [mainFile, ...command.split(' '), '--write', recording]),
  );
}

function askSecondary(network: Network): string {
  const [file, words] = network.inside('a', process.execPath, ['-e', PRIMARY_PROGRAM]);
  return spawnSync(file, words, { encoding: 'utf8' }).stdout.trim();
}
