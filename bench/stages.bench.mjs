/**
 * What each stage of reading a capture costs, in processor time of one thread a message: packets to flows, flows to
 * frames, and what a listing or statistics do with a message. Each row holds the rows above it that it is built on.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Exchanges } from '../dist/analyze/exchanges.js';
import { Statistics } from '../dist/analyze/statistics.js';
import { fileSource } from '../dist/capture/files.js';
import { readCapture } from '../dist/capture/read.js';
import { JsonBuffer } from '../dist/dissect/json-buffer.js';
import { loadDissectors } from '../dist/dissect/load.js';
import { MessageReader } from '../dist/dissect/reader.js';
import { putJsonLine } from '../dist/render/json.js';
import { DEFAULT_COLUMNS, putTextLine, TEXT_COLUMNS } from '../dist/render/text.js';
import { KINDS, makeCapture } from './captures.mjs';

const dissectors = loadDissectors();
const columns = DEFAULT_COLUMNS.map((name) => TEXT_COLUMNS.get(name));
const context = { beginMillis: 0 };

/** A sink that calls `take` with each message and throws everything else away. */
const reading = (take) => new MessageReader(dissectors, { onMessage: take }, { overwrite: true });

/** By name: makes what reads a capture once. */
const STAGES = {
  'packets to flows': () => ({ open() {}, data() {}, gap() {}, close() {} }),
  'flows to frames': () => reading(() => {}),
  'a glance at each message': () => reading((message) => message.glance()),
  'requests and replies': () => {
    const exchanges = new Exchanges();
    return reading((message) => exchanges.completes(message));
  },
  statistics: () => {
    const statistics = new Statistics();
    return reading((message) => statistics.add(message));
  },
  'lines of text': () => lines(putText),
  'lines of JSON': () => lines(putJsonLine),
};

function putText(out, message, notes) {
  putTextLine(out, message, columns, context, notes);
}

function lines(put) {
  const exchanges = new Exchanges();
  const out = new JsonBuffer();
  const notes = { replyTo: undefined, rttMillis: undefined };
  return reading((message) => {
    const completes = exchanges.completes(message);
    notes.replyTo = completes ? exchanges.requestIndex : undefined;
    notes.rttMillis = completes ? exchanges.rttMillis : undefined;
    out.clear();
    put(out, message, notes);
  });
}

/** `options` are those of run.mjs. */
export async function run({ messages, rounds, kinds = Object.keys(KINDS), folder }, print) {
  mkdirSync(folder, { recursive: true });
  print(`| stage, µs a message | ${kinds.map((kind) => KINDS[kind].title).join(' | ')} |`);
  print(`| --- |${kinds.map(() => ' --- |').join('')}`);
  const best = new Map(Object.keys(STAGES).map((stage) => [stage, kinds.map(() => Infinity)]));
  for (let round = 0; round < rounds; round++) {
    for (const [column, kind] of kinds.entries()) {
      const file = join(folder, `${kind}-${messages}.pcap`);
      if (!existsSync(file)) makeCapture(kind, messages, file);
      for (const [stage, makeSink] of Object.entries(STAGES)) {
        const before = process.cpuUsage();
        await readCapture([fileSource(file)], makeSink());
        const { user, system } = process.cpuUsage(before);
        const row = best.get(stage);
        row[column] = Math.min(row[column], (user + system) / messages);
      }
    }
  }
  for (const [stage, row] of best)
    print(`| ${stage} | ${row.map((micros) => micros.toFixed(2)).join(' | ')} |`);
}
