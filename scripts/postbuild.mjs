// Runs behind the compiler: leaves the parsed dissectors beside the compiled code, so that no run has to parse YAML, and
// joins the modules of the program into few files, because finding and loading many of them is most of its start-up.
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { rolldown } from 'rolldown';
import { CORE_FILE } from '../dist/cli/compiled-code.js';
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

writeDissectorCache();
rmSync(FOLDER, { recursive: true, force: true });
await writeProgram();
await writeThreads();
copyFileSync('dist/dissect/dissectors.json', `${FOLDER}/dissectors.json`);
chmodSync(`${FOLDER}/main.cjs`, 0o755);
writeCompiledCode();

/** One file with the core, one each for what is loaded on demand. CommonJS: its compiled code can be kept by any Node. */
async function writeProgram() {
  const imports = new Map();
  const bundle = await rolldown({
    input: { main: 'dist/cli/main.js' },
    platform: 'node',
    external,
    preserveEntrySignatures: false,
    plugins: [{ name: 'imports', moduleParsed: ({ id, importedIds }) => void imports.set(id, importedIds) }],
  });
  let needed;
  const isCore = (id) => {
    needed ??= reachable(core, imports);
    return needed.has(id);
  };
  await bundle.write({
    dir: FOLDER,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name].cjs',
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [{ name: CORE_FILE.replace('.cjs', ''), test: isCore }],
    },
  });
}

/** Threads begin with files of their own, found beside whoever starts them. */
async function writeThreads() {
  const bundle = await rolldown({
    input: {
      'print-thread': 'dist/cli/read/pool/print-thread.js',
      'journal-worker': 'dist/proxy/journal/journal-worker.js',
    },
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
function writeCompiledCode() {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const run = spawnSync(process.execPath, ['scripts/compile-core.mjs', FOLDER], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (run.status !== 0) throw new Error('the compiled code could not be written');
}
