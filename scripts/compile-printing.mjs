// Prints a small capture with the file of the bundle (in a folder, the argument) that threads load, and writes down what
// V8 compiled meanwhile.
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileSource } from '../dist/capture/files.js';
import { CODE_SUFFIX, compile, load, PRINTING_FILE } from '../dist/cli/compiled-code.js';
import { Annotator } from '../dist/cli/read/annotate.js';
import { readMessages } from '../dist/cli/read/messages.js';
import { Belt } from '../dist/cli/read/pool/belt.js';
import { Packer } from '../dist/cli/read/pool/packer.js';
import { loadDissectors } from '../dist/dissect/load.js';

const CAPTURE = 'fixtures/captures/dhcpv6/basic-all-messages.pcap';

const path = resolve(process.argv[2], PRINTING_FILE);
const script = compile(path);
const { orderedPrinter } = Object.values(load(path, script)).find(
  (names) => names.orderedPrinter !== undefined,
);
const dissectors = loadDissectors();
const memory = new Belt().memory;
for (const type of ['text', 'jsonl']) {
  const choice = { type, hex: false, fields: [], fieldSettings: [], colour: 'none', width: 80 };
  const { belt, printer } = await orderedPrinter({ choice, definitions: dissectors.files, belt: memory });
  belt.fill(await packed());
  printer.print(belt.take());
}
writeFileSync(path + CODE_SUFFIX, script.createCachedData());

async function packed() {
  const packer = new Packer(512);
  const annotator = new Annotator({}, false);
  const onMessage = (message) => packer.push(message, annotator.push(message).notes);
  await readMessages([fileSource(CAPTURE)], dissectors, { onMessage });
  return packer.take();
}
