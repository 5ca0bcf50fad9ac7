// Reads a small capture with the bundle in a folder (the argument), and writes down what V8 compiled meanwhile.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { CODE_SUFFIX, CORE_FILE, compile, load } from '../dist/cli/compiled-code.js';
import { letNewSpaceGrow } from '../dist/cli/small-heap.js';

const folder = resolve(process.argv[2]);
const path = resolve(folder, CORE_FILE);
const script = compile(path);
load(path, script);
process.on('exit', () => {
  // As it was before `read` changed it: flags count when V8 compares.
  letNewSpaceGrow();
  writeFileSync(path + CODE_SUFFIX, script.createCachedData());
});
process.argv.splice(1, Infinity, 'leasetap', 'read', 'fixtures/captures/dhcpv6/basic-all-messages.pcap');
createRequire(path)(resolve(folder, 'main.cjs'));
