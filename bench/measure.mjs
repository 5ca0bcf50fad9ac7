/** Runs a program to its end and says how long it took, how soon it wrote, and how much memory it had at most. */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const POLL_MILLIS = 15;

/**
 * Output is thrown away, by the kernel or, when `throughPipe`, by who reads a pipe: then every program pays for the pipe, too, and
 * it is known how soon it wrote, and how much.
 * Memory is the high-water mark that Linux keeps, last seen before the end; elsewhere it is undefined.
 */
export function measure([program, ...args], { throughPipe }) {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(program, args, { stdio: ['ignore', throughPipe ? 'pipe' : 'ignore', 'pipe'] });
    const result = { millis: 0, firstMillis: undefined, octets: 0, mebibytes: undefined, errors: '' };
    const poll = setInterval(() => {
      const mark = highWaterMark(child.pid);
      if (mark !== undefined) result.mebibytes = mark;
    }, POLL_MILLIS);
    child.stdout?.on('data', (chunk) => {
      result.firstMillis ??= performance.now() - began;
      result.octets += chunk.length;
    });
    child.stderr.on('data', (chunk) => {
      if (result.errors.length < 2000) result.errors += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(poll);
      result.millis = performance.now() - began;
      if (code === 0) resolve(result);
      else reject(new Error(`${program} ${args.join(' ')}: exit ${code}: ${result.errors.trim()}`));
    });
  });
}

function highWaterMark(pid) {
  try {
    const match = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return match === null ? undefined : Number(match[1]) / 1024;
  } catch {
    return undefined;
  }
}

/** First line of `program --version`, or undefined if there is no such program. */
export function versionOf(program) {
  const { status, stdout, stderr } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return status === 0 ? (stdout || stderr).split('\n')[0] : undefined;
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
