/**
 * The progress line in a real terminal: tmux runs the program on a large capture and tells what is on the screen.
 * Without tmux nothing is tested here, and that is said aloud.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { mainFile, temporaryFolder } from '../support/process.ts';

const HAS_TMUX = spawnSync('tmux', ['-V']).status === 0;
if (!HAS_TMUX) process.stderr.write('\n*** no tmux: the progress line is NOT tested in a terminal ***\n\n');

const { makeCapture } = (await import(new URL('../../bench/captures.mjs', import.meta.url).href)) as {
  makeCapture(kind: 'udp6', messages: number, path: string): void;
};

const socket = `leasetap-progress-${process.pid}`;
const PATIENCE_MILLIS = 60_000;

function tmux(...args: string[]): string {
  return execFileSync('tmux', ['-L', socket, '-f', '/dev/null', ...args], { encoding: 'utf8' });
}

/** Every different screen from the start of the command to its end. */
async function screensOf(behind: string, before = ''): Promise<string[]> {
  const file = join(temporaryFolder(), 'large.pcap');
  makeCapture('udp6', 60_000, file);
  const command = `${before} '${process.execPath}' '${mainFile}' read -j 1 -T tree '${file}' ${behind}`;
  tmux('new-session', '-d', '-s', 'ui', '-x', '100', '-y', '10', 'sh');
  tmux('send-keys', '-t', 'ui', `clear; ${command}; echo code=$?`, 'Enter');
  const screens: string[] = [];
  const end = Date.now() + PATIENCE_MILLIS;
  for (;;) {
    const screen = tmux('capture-pane', '-p', '-t', 'ui').trimEnd();
    if (screen !== screens.at(-1)) screens.push(screen);
    if (/^code=\d+$/m.test(screen)) return screens;
    if (Date.now() > end) throw new Error(`never ended:\n${screen}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

describe.skipIf(!HAS_TMUX)('the progress line', () => {
  afterEach(() => {
    spawnSync('tmux', ['-L', socket, 'kill-server']);
  });

  it('shows how far reading a large file has come, and is gone at the end', async () => {
    const screens = await screensOf('> /dev/null');
    expect(screens.some((screen) => /^\[=+ *\] +\d+% of \d+ MB, \d+ \w+\/s, \d+ s left$/m.test(screen))).toBe(
      true,
    );
    expect(screens.at(-1)).not.toMatch(/%/);
    expect(screens.at(-1)).toContain('code=0');
  }, 120_000);

  it('is not there on a terminal that cannot take it away', async () => {
    const screens = await screensOf('> /dev/null', 'TERM=dumb');
    expect(screens.filter((screen) => /\d% of/.test(screen))).toEqual([]);
    expect(screens.at(-1)).toContain('code=0');
  }, 120_000);

  it('is not there when a pipe, behind which may be a pager, gets the lines', async () => {
    const screens = await screensOf('| tail -c 1');
    expect(screens.filter((screen) => /\d% of/.test(screen))).toEqual([]);
  }, 120_000);
});
