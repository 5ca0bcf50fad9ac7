/**
 * Goal: no capture, however broken or hostile, makes the reader throw, hang, use memory without bound, or tell what
 * cannot be. Sample captures are changed octet by octet, record by record and packet by packet.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect } from 'vitest';
import type { Random } from '../../src/base/clock.ts';
import { InputError } from '../../src/base/problem.ts';
import { decompressed } from '../../src/capture/decompress.ts';
import type { CaptureLimits } from '../../src/capture/limits.ts';
import { readCapture } from '../../src/capture/read.ts';
import type { CaptureSummary } from '../../src/capture/summary.ts';
import { fuzz, mutated } from '../fuzz.ts';
import { packet, pcap, reply } from './build.ts';
import { Collector, inChunks } from './collect.ts';

const folder = fileURLToPath(new URL('../../fixtures/captures/dhcpv6/', import.meta.url));
const compressed = fileURLToPath(new URL('../../fixtures/captures/compressed/', import.meta.url));
const SMALL_OCTETS = 30_000;
const captures = readdirSync(folder)
  .filter((name) => /\.pcap(ng)?$/.test(name))
  .map((name) => readFileSync(`${folder}${name}`))
  .filter((file) => file.length < SMALL_OCTETS);
const archives = readdirSync(compressed)
  .filter((name) => /\.(zst|gz)$/.test(name))
  .map((name) => readFileSync(`${compressed}${name}`));

const pick = <T>(items: readonly T[], random: Random): T => items[random.below(items.length)] as T;

/** Small limits come into play often. */
function tightLimits(random: Random): Partial<CaptureLimits> {
  return random.below(2) === 0
    ? {}
    : {
        flowsMax: 1 + random.below(3),
        outOfOrderOctetsMax: random.below(400),
        outOfOrderSegmentsMax: random.below(4),
        outOfOrderOctetsTotalMax: random.below(600),
        reorderPacketsMax: random.below(20),
        fragmentedDatagramsMax: 1 + random.below(3),
        fragmentsMax: 1 + random.below(3),
        interfacesMax: 1 + random.below(3),
        headersMax: random.below(3),
      };
}

async function read(file: Uint8Array, random: Random): Promise<void> {
  const sink = new Collector();
  const limits = tightLimits(random);
  const size = pick([1_000_000, 4096, 100, 17], random);
  const chunks = decompressed(inChunks(file, size), () => undefined);
  let summary: CaptureSummary;
  try {
    summary = await readCapture([{ name: 'fuzzed', chunks }], sink, { limits });
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return;
  }
  checkTold(sink, summary);
}

/** What holds for every capture. */
function checkTold(sink: Collector, summary: CaptureSummary): void {
  const state = new Map<number, { ended: [boolean, boolean]; gone: boolean }>();
  let packet = 0;
  let missing = 0;
  const reordered = summary.limits.some(({ limit }) => limit.startsWith('reorder'));
  for (const told of sink.told) {
    expect(told.packet).toBeGreaterThanOrEqual(reordered ? 1 : packet);
    expect(told.packet).toBeLessThanOrEqual(summary.packets);
    packet = told.packet;
    if (told.what === 'open') {
      expect(state.has(told.flow.id)).toBe(false);
      expect(told.flow.id).toBe(state.size);
      state.set(told.flow.id, { ended: [false, false], gone: false });
      continue;
    }
    const flow = state.get(told.flow.id);
    if (flow === undefined) throw new Error('told of a flow that was not opened');
    expect(flow.gone).toBe(false);
    if (told.what !== 'close' || told.how === 'fin') expect(flow.ended[told.direction]).toBe(false);
    if (told.what === 'gap') {
      expect(told.missing).toBeGreaterThan(0);
      if (told.flow.transport === 'tcp') missing += told.missing;
    }
    if (told.what === 'close' && told.how === 'fin') flow.ended[told.direction] = true;
    else if (told.what === 'close') flow.gone = true;
  }
  expect(missing).toBe(summary.tcp.missingOctets);
  expect(state.size).toBe(summary.tcpFlows + summary.udpFlows);
}

/** Some segments between two hosts that agree on nothing. */
function traffic(random: Random): Buffer {
  const base = pick([1, 0x7fff_ff00, 0xffff_ff00], random);
  const near = (): number => base + random.below(pick([40, 400, 2 ** 27], random));
  const packets = Array.from({ length: 1 + random.below(60) }, () => {
    const flags = pick(['', '', '', '', 'P', 'S', 'F', 'R', 'SF'], random);
    const data = 'x'.repeat(random.below(pick([1, 2, 60], random)));
    const ports = pick(
      [
        [1, 647],
        [2, 647],
      ] as const,
      random,
    );
    const segment = { seq: near(), flags, data, ports, ...(random.below(3) > 0 ? { ack: near() } : {}) };
    const seconds = 1000 + random.below(pick([1, 10, 1000], random));
    return [seconds, random.below(1e6), random.below(2) === 0 ? packet(segment) : reply(segment)] as const;
  });
  return pcap(packets, { snap: pick([262_144, 262_144, 80], random) });
}

describe('the reader survives', () => {
  fuzz('changed captures', (random) => read(mutated(pick(captures, random), random), random));
  fuzz('hosts that agree on nothing', (random) => read(traffic(random), random));
  fuzz('changed hosts that agree on nothing', (random) => read(mutated(traffic(random), random), random));
  fuzz('changed archives', (random) => read(mutated(pick(archives, random), random), random));
  fuzz('archives of changed captures', (random) =>
    read(gzipSync(mutated(pick(captures, random), random)), random),
  );
});
