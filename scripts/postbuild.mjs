// Runs behind the compiler: leaves the parsed dissectors beside the compiled code, so that no run has to parse YAML, and
// joins the modules of the program into few files, because finding and loading many of them is most of its start-up.
import { chmodSync, copyFileSync, rmSync } from 'node:fs';
import { rolldown } from 'rolldown';
import { writeDissectorCache } from '../dist/dissect/load.js';

writeDissectorCache();

rmSync('dist/bundle', { recursive: true, force: true });
const bundle = await rolldown({
  // Threads begin with files of their own, found beside whoever starts them.
  input: {
    main: 'dist/cli/main.js',
    'print-thread': 'dist/cli/read/pool/print-thread.js',
    'journal-worker': 'dist/proxy/journal/journal-worker.js',
  },
  platform: 'node',
  // These find files beside themselves.
  external: ['blessed', 'lmdb'],
});
await bundle.write({
  dir: 'dist/bundle',
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: '[name].js',
});
copyFileSync('dist/dissect/dissectors.json', 'dist/bundle/dissectors.json');
chmodSync('dist/bundle/main.js', 0o755);
