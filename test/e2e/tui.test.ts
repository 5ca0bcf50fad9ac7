/**
 * The terminal UI in a real terminal: tmux runs it, sends keys and tells what is on the screen. Without tmux nothing
 * is tested here, and that is said aloud.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const HARNESS = fileURLToPath(new URL('tui-harness.mjs', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const CAPTURE = fileURLToPath(
  new URL('../../fixtures/captures/dhcpv6/scn-e-pool-balance.pcap', import.meta.url),
);
const BUILT = fileURLToPath(new URL('../../dist/tui/terminal.js', import.meta.url));
const HAS_TMUX = spawnSync('tmux', ['-V']).status === 0;
/** A server of its own for each test: nothing of the user's tmux is touched, and none meets one that is going. */
let servers = 0;
let socket = '';
const PATIENCE_MILLIS = 15_000;

if (!HAS_TMUX) process.stderr.write('\n*** no tmux: the terminal UI is NOT tested in a terminal ***\n\n');

function tmux(...args: string[]): string {
  return execFileSync('tmux', ['-L', socket, '-f', '/dev/null', ...args], { encoding: 'utf8' });
}

/** A shell in tmux, and in it the harness: what the shell prints afterwards is on the screen that was restored. */
function start(size: readonly [number, number], argument = '', environment = 'TERM=xterm-256color'): void {
  run(size, `${environment} '${process.execPath}' --throw-deprecation '${HARNESS}' ${argument}`);
}

function run([columns, rows]: readonly [number, number], command: string): void {
  tmux('new-session', '-d', '-s', 'ui', '-x', `${columns}`, '-y', `${rows}`, 'sh');
  tmux('send-keys', '-t', 'ui', `clear; ${command}; echo code=$?`, 'Enter');
}

const screen = (): string => tmux('capture-pane', '-p', '-t', 'ui');
const press = (...keys: string[]): string => tmux('send-keys', '-t', 'ui', ...keys);

async function until(what: RegExp): Promise<string> {
  const end = Date.now() + PATIENCE_MILLIS;
  for (;;) {
    const text = screen();
    if (what.test(text)) return text;
    if (Date.now() > end) throw new Error(`never saw ${what}:\n${text}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The only child of the shell in the pane. */
function harnessProcess(): number {
  const [shell = ''] = tmux('list-panes', '-t', 'ui', '-F', '#{pane_pid}').split('\n');
  return Number(execFileSync('ps', ['-o', 'pid=', '--ppid', shell], { encoding: 'utf8' }).trim());
}

const flag = (name: string): boolean =>
  tmux('display-message', '-p', '-t', 'ui', `#{${name}}`).trim() === '1';

function expectRestored(): void {
  expect(flag('alternate_on')).toBe(false);
  expect(flag('cursor_flag')).toBe(true);
  expect(flag('wrap_flag')).toBe(true);
}

describe.runIf(HAS_TMUX)('the terminal UI', () => {
  beforeAll(() => {
    if (!existsSync(BUILT)) throw new Error('dist/ is not there: npm run build first');
  });

  beforeEach(() => {
    socket = `leasetap-test-${process.pid}-${servers++}`;
  });

  afterEach(() => {
    spawnSync('tmux', ['-L', socket, 'kill-server']);
  });

  it('draws, takes keys, carries out faults and commands, and leaves the terminal as it was', async () => {
    start([80, 24]);
    await until(/1 Messages/);
    expect(flag('alternate_on')).toBe(true);
    press('5');
    // What came from outside is shown, not obeyed.
    await until(/hello\\x1b\[31m/);
    press('d');
    await until(/F1 armed: does drop/);
    press('4');
    await until(/F1 +0\/3 hits +does drop/);
    press(':', 'x', 'y', 'z', 'Enter');
    await until(/heard xyz/);
    press('?');
    await until(/:drop-replies/);
    press('q');
    expect(await until(/left\ncode=0/)).not.toContain('Messages');
    expectRestored();
  });

  it('follows the size of the terminal, and says so when it is too small', async () => {
    start([160, 50]);
    await until(/3 Leases/);
    tmux('resize-window', '-t', 'ui', '-x', '70', '-y', '20');
    await until(/needs 80x24, this is 70x20/);
    tmux('resize-window', '-t', 'ui', '-x', '100', '-y', '30');
    await until(/1 Messages/);
  });

  it('works as a screen terminal, and without colours', async () => {
    start([80, 24], '', 'TERM=screen-256color NO_COLOR=1');
    expect(await until(/1 Messages/)).not.toContain('Error');
    expect(tmux('capture-pane', '-p', '-e', '-t', 'ui')).not.toContain('38;5;');
  });

  it('draws in ASCII where the locale knows no UTF-8', async () => {
    start([160, 50], '', 'TERM=xterm LC_ALL=C');
    const text = await until(/1 Messages/);
    expect(text).toMatch(/-- 3 Leases ---/);
    expect(text).not.toMatch(/[^ -~\n]/);
  });

  it('is not opened on a terminal that cannot place a cursor', async () => {
    run([80, 24], `TERM=dumb '${process.execPath}' '${PROGRAM}' read --tui '${CAPTURE}'`);
    await until(/--tui needs a terminal that can place a cursor\ncode=2/);
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 130],
  ] as const)('restores the terminal on %s', async (signal, code) => {
    start([80, 24]);
    await until(/1 Messages/);
    process.kill(harnessProcess(), signal);
    await until(new RegExp(`left\ncode=${code}`));
    expectRestored();
  });

  it('restores the terminal before an error is printed', async () => {
    start([80, 24], 'throw');
    expect(await until(/code=1/)).toContain('thrown on purpose');
    expectRestored();
  });

  it('shows a capture, its leases and a filtered list', async () => {
    run([100, 30], `'${process.execPath}' '${PROGRAM}' read --tui '${CAPTURE}'`);
    await until(/CONNECT +xdf59f0 "site-a"/);
    press('3');
    await until(/2001:db8:f001:500::\/56 +FREE +FREE +FREE/);
    press('1', '/');
    tmux('send-keys', '-t', 'ui', '-l', 'status == OutdatedBindingInformation');
    press('Enter');
    await until(/Messages where status == Outdated.* 1 of 1/);
    // By itself, or it would be Alt and f.
    press('Escape');
    await until(/1 Messages\].* of 37/);
    press('f');
    tmux('send-keys', '-t', 'ui', '-l', 'type == POOLRESP');
    press('Enter');
    await until(/^> .*POOLRESP/m);
    press('=');
    await until(/Compared: #\d+ POOLREQ \| #\d+ POOLRESP/);
    await until(/msg-type: POOLREQ \(26\) +! +msg-type: POOLRESP \(27\)/);
    press('q');
    await until(/code=0/);
  });
});
