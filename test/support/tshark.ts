/** Wireshark's command line as a second opinion. Tests that need it say so when it is missing, and are skipped. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether there is no tshark here; told on stderr, so that a skipped test does not pass unnoticed. */
export function tsharkIsMissing(): boolean {
  try {
    execFileSync('tshark', ['--version'], { stdio: 'ignore' });
    return false;
  } catch {
    process.stderr.write('tshark is not installed: tests of recordings against it are skipped\n');
    return true;
  }
}

/** What tshark prints about a capture. */
export function tshark(capture: Uint8Array, args: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'leasetap-tshark-'));
  try {
    const path = join(folder, 'capture.pcapng');
    writeFileSync(path, capture);
    return execFileSync('tshark', ['-r', path, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
