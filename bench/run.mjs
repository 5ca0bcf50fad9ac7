/**
 * Every bench/NAME.bench.mjs, or those that are named, against the compiled code, one after the other. A bench exports
 * `run(options, print)`: it gives back rows of what was done how often a second, or prints its own tables. Run it on a
 * machine with nothing else to do; only figures of one run compare.
 */
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const USAGE =
  'npm run bench -- [NAME...] [--messages N] [--json-messages N] [--rounds N] [--kinds A,B] [--contests A,B] [--pipe] [--folder DIR] [--soak SECONDS]';
const here = new URL('.', import.meta.url);
const { values, positionals: wanted } = argumentsOf({
  allowPositionals: true,
  options: {
    help: { type: 'boolean', short: 'h' },
    messages: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    'json-messages': { type: 'string' },
    kinds: { type: 'string' },
    contests: { type: 'string' },
    pipe: { type: 'boolean', default: false },
    folder: { type: 'string', default: join(tmpdir(), 'leasetap-bench') },
    soak: { type: 'string' },
  },
});
if (values.help) {
  process.stdout.write(`${USAGE}\n`);
  process.exit(0);
}
const options = {
  /** Messages in a capture, and how often each program reads it. */
  messages: Number(values.messages),
  /** As many where all of each message is printed, unless told otherwise: tshark needs minutes for a million. */
  jsonMessages: Number(values['json-messages'] ?? values.messages),
  rounds: Number(values.rounds),
  /** Kinds of captures, or undefined for all. */
  kinds: values.kinds?.split(','),
  /** Names of contests, or undefined for all. */
  contests: values.contests?.split(','),
  /** Whether what captures are read to goes through a pipe, rather than nowhere. */
  throughPipe: values.pipe,
  /** Where captures are kept. */
  folder: values.folder,
  /** How long the proxy relays for its memory to be watched, or undefined: its speed is measured. */
  soakSeconds: values.soak === undefined ? undefined : Number(values.soak),
};
const print = (line) => process.stdout.write(`${line}\n`);

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
  for (const { what, perSecond } of (await run(options, print)) ?? []) {
    print(`${name.padEnd(10)} ${what.padEnd(64)} ${Math.round(perSecond).toLocaleString('en')}/s`);
  }
}

/** As parseArgs; what is wrong with the arguments is one line, and the end. */
function argumentsOf(config) {
  try {
    return parseArgs(config);
  } catch (error) {
    const [line] = error.message.split('. ');
    process.stderr.write(`bench: ${line} (${USAGE})\n`);
    process.exit(2);
  }
}
