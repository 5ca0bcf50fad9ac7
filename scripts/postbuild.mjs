// Runs behind the compiler: leaves the dissectors' definitions beside the compiled code, so that no run has to parse YAML, and
// joins the modules of the program into few files, because finding and loading many of them is most of its start-up.
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { rolldown } from 'rolldown';
import { CORE_FILE, PRINTING_FILE } from '../dist/cli/compiled-code.js';
import { writeDissectorCache } from '../dist/dissect/load.js';

const FOLDER = 'dist/bundle';
// These find files beside themselves.
const external = ['blessed', 'lmdb'];
// What every run of `read` needs, or statistics, which read as many messages.
const core = [
  'dist/cli/program.js',
  'dist/cli/commands/read.js',
  'dist/analyze/statistics.js',
  'dist/render/stats.js',
];

// What V8 need not go through, nor turn from UTF-8 into two octets a character.
const lean = { comments: { jsdoc: false, annotation: false, legal: true } };
const ascii = {
  name: 'ascii',
  renderChunk: (code) =>
    code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
};

// Commander can start programs, which ours has never asked of it; loading what that takes is a twentieth of a start.
const SPAWN = "const childProcess = require('node:child_process');";
const withoutSpawn = {
  name: 'without-spawn',
  transform(code, id) {
    if (!id.endsWith('/commander/lib/command.js')) return null;
    if (!code.includes(SPAWN)) throw new Error(`${id}: expected ${SPAWN}`);
    return code.replace(SPAWN, 'const childProcess = {};');
  },
};

writeDissectorCache();
rmSync(FOLDER, { recursive: true, force: true });
await writeProgram({ main: 'dist/cli/main.js' }, core, CORE_FILE, '');
// Threads begin with files of their own, found beside whoever starts them.
await writeProgram(
  { 'print-thread': 'dist/cli/read/pool/print-thread.js' },
  ['dist/cli/read/pool/ordered-printer.js'],
  PRINTING_FILE,
  'print-',
);
await writeJournal();
copyFileSync('dist/dissect/dissectors.data', `${FOLDER}/dissectors.data`);
chmodSync(`${FOLDER}/main.cjs`, 0o755);
for (const name of [CORE_FILE, PRINTING_FILE]) refuseImports(name);
writeCompiledCode('compile-core.mjs');
writeCompiledCode('compile-printing.mjs');

/** Compiled code cannot import when it runs, only require: `process.getBuiltinModule` loads what Node brings. */
function refuseImports(name) {
  const [found] = /\bimport\(.{0,40}/.exec(readFileSync(`${FOLDER}/${name}`, 'utf8')) ?? [];
  if (found !== undefined) throw new Error(`${name}: ${found} would fail when it runs`);
}

/**
 * One file with what is always needed, one each for what is loaded on demand, their names with a prefix. CommonJS: its
 * compiled code can be kept by any Node.
 */
async function writeProgram(input, always, alwaysFile, prefix) {
  const imports = new Map();
  const bundle = await rolldown({
    input,
    platform: 'node',
    external,
    preserveEntrySignatures: false,
    plugins: [
      { name: 'imports', moduleParsed: ({ id, importedIds }) => void imports.set(id, importedIds) },
      ascii,
      withoutSpawn,
    ],
  });
  let needed;
  const isAlways = (id) => {
    needed ??= reachable(always, imports);
    return needed.has(id);
  };
  await bundle.write({
    dir: FOLDER,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: ({ name }) => (name.startsWith(prefix) ? `${name}.cjs` : `${prefix}${name}.cjs`),
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [{ name: alwaysFile.replace('.cjs', ''), test: isAlways }],
    },
    ...lean,
  });
}

async function writeJournal() {
  const bundle = await rolldown({
    input: { 'journal-worker': 'dist/proxy/journal/journal-worker.js' },
    platform: 'node',
    external,
  });
  await bundle.write({
    dir: FOLDER,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
  });
}

function reachable(files, imports) {
  const found = new Set();
  const visit = (id) => {
    if (found.has(id)) return;
    found.add(id);
    for (const next of imports.get(id) ?? []) visit(next);
  };
  for (const file of files) visit(resolve(file));
  return found;
}

/** By a process of its own, which no option of this one may touch: they count when V8 compares. */
function writeCompiledCode(script) {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const run = spawnSync(process.execPath, [`scripts/${script}`, FOLDER], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (run.status !== 0) throw new Error('the compiled code could not be written');
}
