/**
 * npm run bench [NAME...]: every bench/NAME.bench.mjs against the compiled code, one after the other on one core. A
 * bench exports `run()`, which gives back rows of what was done how often a second. Run it on a machine with nothing
 * else to do; only figures of one run compare.
 */
import { readdirSync } from 'node:fs';

const here = new URL('.', import.meta.url);
const wanted = process.argv.slice(2);
const names = readdirSync(here)
  .filter((file) => file.endsWith('.bench.mjs'))
  .map((file) => file.slice(0, -'.bench.mjs'.length))
  .filter((name) => wanted.length === 0 || wanted.includes(name));

if (names.length === 0) {
  process.stderr.write(`no bench of the name ${wanted.join(', ')}\n`);
  process.exitCode = 2;
}
for (const name of names) {
  const { run } = await import(new URL(`${name}.bench.mjs`, here));
  for (const { what, perSecond } of await run()) {
    process.stdout.write(
      `${name.padEnd(10)} ${what.padEnd(64)} ${Math.round(perSecond).toLocaleString('en')}/s\n`,
    );
  }
}
