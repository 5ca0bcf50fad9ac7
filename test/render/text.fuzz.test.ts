/**
 * Goal: whatever two hosts say to each other in a capture, everything that can be printed of it is printed: no throw, no
 * hang, nothing that a terminal obeys, and JSON that is JSON. From packets to lines, with the analysis in between.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect } from 'vitest';
import { Analysis } from '../../src/analyze/analysis.ts';
import type { Random } from '../../src/base/clock.ts';
import { InputError } from '../../src/base/problem.ts';
import { timestampOfMillis } from '../../src/base/timestamp.ts';
import { interfaceBlock, packetBlock, sectionHeaderBlock } from '../../src/capture/pcapng-writer.ts';
import { readCapture } from '../../src/capture/read.ts';
import { TcpSynth } from '../../src/capture/tcp-synth.ts';
import { JsonBuffer } from '../../src/dissect/json-buffer.ts';
import { loadDissectors } from '../../src/dissect/load.ts';
import type { Message } from '../../src/dissect/message.ts';
import { MessageReader } from '../../src/dissect/reader.ts';
import { requireFilter } from '../../src/filter/compile.ts';
import { putEkLines } from '../../src/render/ek.ts';
import { putJsonLine } from '../../src/render/json.ts';
import { lineText } from '../../src/render/style.ts';
import { type Column, TEXT_COLUMNS, textLine } from '../../src/render/text.ts';
import { treeRows } from '../../src/render/tree.ts';
import { inChunks } from '../capture/collect.ts';
import { fuzz, mutated } from '../fuzz.ts';

const folder = fileURLToPath(new URL('../../fixtures/captures/', import.meta.url));
const dissectors = loadDissectors();
const columns: Column[] = [...TEXT_COLUMNS.values()];
const OBEYED = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const SMALL_OCTETS = 30_000;

const filters = ['type == BNDUPD && lease in 2001:db8::/48', '!(status == Success) or rtt > 1'].map((text) =>
  requireFilter(text, dissectors),
);

const captures: Buffer[] = [];
/** One direction each, cut into units with their length. */
const conversations: Uint8Array[][] = [];

async function messagesOf(file: Uint8Array): Promise<Message[]> {
  const messages: Message[] = [];
  const reader = new MessageReader(dissectors, { onMessage: (message) => messages.push(message) });
  await readCapture([{ name: 'fuzzed', chunks: inChunks(file) }], reader);
  return messages;
}

beforeAll(async () => {
  for (const name of ['dhcpv6', 'dhcpv4-isc']) {
    for (const path of readdirSync(`${folder}${name}`).filter((each) => /\.pcap(ng)?$/.test(each))) {
      const file = readFileSync(`${folder}${name}/${path}`);
      if (file.length > SMALL_OCTETS) continue;
      captures.push(file);
      const units = (await messagesOf(file))
        .filter(({ protocol }) => protocol.endsWith('failover'))
        .map(({ frame }) => frame.bytes.slice(frame.start - 2, frame.end));
      if (units.length > 0) conversations.push(units);
    }
  }
});

/** Prints everything there is, and looks at it. */
async function printAll(file: Uint8Array): Promise<void> {
  let messages: Message[];
  try {
    messages = await messagesOf(file);
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return;
  }
  const analysis = new Analysis();
  const notes = { replyTo: 0, replyIn: 1, rttMillis: 1.5, findings: ['FO-1'] };
  for (const message of messages) {
    analysis.push(message);
    for (const filter of filters) filter.matches(message);
    const lines = [
      textLine(message, columns, { beginMillis: 0 }, notes),
      ...treeRows(message, notes).map(({ line }) => lineText(line)),
    ];
    for (const line of lines)
      if (OBEYED.test(line)) throw new Error(`a terminal obeys ${JSON.stringify(line)}`);
    const out = new JsonBuffer();
    putJsonLine(out, message, notes);
    putEkLines(out, message, {});
    for (const line of out.text().trimEnd().split('\n')) JSON.parse(line);
  }
}

/** A connection on which some units are changed, left out, repeated or cut at other places. */
function conversation(random: Random): Uint8Array {
  const units = conversations[random.below(conversations.length)] as Uint8Array[];
  const ends = [
    { address: '2001:db8::1', port: 45_000 },
    { address: '2001:db8::2', port: random.below(3) === 0 ? 7000 : 647 },
  ] as const;
  const synth = new TcpSynth(ends, { segmentOctetsMax: 1 + random.below(random.below(2) === 0 ? 40 : 1440) });
  const blocks = [sectionHeaderBlock(), interfaceBlock({ linkType: 1 })];
  let millis = random.below(2 ** 31) * 1000;
  const put = (packets: ReturnType<TcpSynth['open']>): void => {
    for (const { bytes } of packets) {
      millis += random.below(1000);
      blocks.push(packetBlock({ interfaceId: 0, time: timestampOfMillis(millis), bytes }));
    }
  };
  if (random.below(4) > 0) put(synth.open());
  for (const unit of units) {
    const direction = random.below(2) === 0 ? 0 : 1;
    const what = random.below(6);
    if (what === 0) continue;
    put(synth.data(direction, what === 1 ? mutated(unit, random) : unit));
    if (what === 2) put(synth.data(direction, unit));
  }
  return Uint8Array.from(Buffer.concat(blocks));
}

describe('everything is printed', () => {
  fuzz('of changed captures', (random) =>
    printAll(mutated(captures[random.below(captures.length)] as Buffer, random)),
  );
  fuzz('of changed conversations', (random) => printAll(conversation(random)));
});
