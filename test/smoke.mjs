/**
 * The built program on whatever Node runs this file: loads every command, prints its help, and reads a capture.
 * Not a vitest file: vitest runs on one Node only, and continuous integration calls this with the others.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const top = fileURLToPath(new URL('..', import.meta.url));
const main = `${top}dist/bundle/main.cjs`;
const commands = readdirSync(`${top}dist/cli/commands`)
  .filter((name) => name.endsWith('.js'))
  .map((name) => name.slice(0, -3));

const runs = [['--version'], ['--help'], ...commands.map((name) => [name, '--help'])];
let failed = 0;
for (const args of runs) {
  const run = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', cwd: top });
  const good = run.status === 0 && run.stdout !== '' && run.stderr === '';
  if (good) continue;
  failed += 1;
  process.stdout.write(`leasetap ${args.join(' ')}: exit ${run.status ?? run.signal}\n${run.stderr}\n`);
}
process.stdout.write(`Node ${process.version}: ${runs.length - failed} of ${runs.length} runs are right\n`);
process.exitCode = failed === 0 ? 0 : 1;
