/**
 * Goal: every message of every sample capture comes out of the streams whole, in the packet, at the time and between
 * the ends that its expectation names. Messages are cut out here by their length prefix alone, without a dissector.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Direction, Flow } from '../../src/base/flow.ts';
import { fileSource } from '../../src/capture/files.ts';
import { readCapture } from '../../src/capture/read.ts';
import type { CaptureSummary } from '../../src/capture/summary.ts';
import { Collector } from './collect.ts';

const folder = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/captures/${name}/`, import.meta.url));
const dhcpv6 = folder('dhcpv6');
const isc = folder('dhcpv4-isc');
const FAILOVER_PORT = 647;

async function read(path: string): Promise<{ sink: Collector; summary: CaptureSummary }> {
  const sink = new Collector();
  return { sink, summary: await readCapture([fileSource(path)], sink) };
}

interface Unit {
  readonly frame: number;
  readonly timestamp: string;
  readonly src: string;
  readonly src_port: number;
  readonly dst: string;
  readonly dst_port: number;
  readonly message_size: number;
  readonly head: string;
}

/** Units of `prefix` octets of length each; a gap is taken to end at a unit, as it does in the samples. */
function unitsOf(sink: Collector, lengthIncludesPrefix: boolean): Unit[] {
  const units: Unit[] = [];
  const rests = new Map<string, Buffer>();
  for (const told of sink.told) {
    if (told.what === 'open' || told.what === 'close' || !isFailover(told.flow)) continue;
    const key = `${told.flow.id} ${told.direction}`;
    if (told.what === 'gap') {
      rests.delete(key);
      continue;
    }
    let rest = Buffer.concat([rests.get(key) ?? Buffer.alloc(0), told.bytes]);
    while (rest.length >= 2) {
      const size = rest.readUInt16BE(0) + (lengthIncludesPrefix ? 0 : 2);
      if (rest.length < size) break;
      units.push(unit(told, rest.subarray(0, size)));
      rest = rest.subarray(size);
    }
    rests.set(key, rest);
  }
  return units;
}

function isFailover(flow: Flow): boolean {
  return flow.transport === 'tcp' && flow.ends.some((end) => end.port === FAILOVER_PORT);
}

function unit(told: { flow: Flow; direction: Direction; packet: number; time: string }, bytes: Buffer): Unit {
  const from = told.flow.ends[told.direction];
  const to = told.flow.ends[told.direction === 0 ? 1 : 0];
  return {
    frame: told.packet,
    timestamp: told.time,
    src: from.address,
    src_port: from.port,
    dst: to.address,
    dst_port: to.port,
    message_size: bytes.readUInt16BE(0),
    head: bytes.subarray(2, 10).toString('hex'),
  };
}

describe('DHCPv6 failover samples', () => {
  const names = readdirSync(dhcpv6).filter((name) => /\.pcap(ng)?$/.test(name));

  it.each(names)('%s', async (name) => {
    const lines = readFileSync(`${dhcpv6}${name.replace(/\.pcap(ng)?$/, '')}.expect.jsonl`, 'utf8');
    const expected = lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .map((message) => ({
        frame: message.frame,
        timestamp: message.timestamp,
        src: message.src,
        src_port: message.src_port,
        dst: message.dst,
        dst_port: message.dst_port,
        message_size: message.message_size,
        head: message.malformed === undefined ? headOf(message) : expect.any(String),
      }));
    const { sink, summary } = await read(`${dhcpv6}${name}`);
    expect(unitsOf(sink, false)).toEqual(expected);
    const index = JSON.parse(readFileSync(`${dhcpv6}INDEX.json`, 'utf8'));
    expect(summary.packets).toBe(framesOf(index, name));
  });

  it('tells where a file was cut, after all that can be read', async () => {
    const { summary } = await read(`${dhcpv6}mal-file-truncated-packet.pcap`);
    const { complete_frames, defects } = JSON.parse(
      readFileSync(`${dhcpv6}mal-file-truncated-packet.malformed.json`, 'utf8'),
    );
    expect(summary.packets).toBe(complete_frames);
    expect(summary.sources[0]?.damage).toMatchObject({
      code: 'file-truncated',
      offset: defects[0].file_offset,
    });
  });

  it('tells how many octets were lost, where the segment is missing', async () => {
    const { sink } = await read(`${dhcpv6}resync-gap-boundary.pcap`);
    // tshark shows sequence numbers 1097 to 1492 as not captured.
    expect(sink.told.filter((told) => told.what === 'gap')).toMatchObject([
      { direction: 0, packet: 35, missing: 395 },
    ]);
  });
});

describe('ISC DHCPv4 failover samples', () => {
  const names = readdirSync(isc).filter((name) => name.endsWith('.pcap'));

  it.each(names)('%s', async (name) => {
    const rows = readFileSync(`${isc}${name.replace('.pcap', '.expect.tsv')}`, 'utf8')
      .trim()
      .split('\n');
    const columns = (rows[0] as string).split('\t');
    const expected = rows.slice(1).map((row) => {
      const cells = row.split('\t');
      const cell = (column: string): string => cells[columns.indexOf(column)] as string;
      return {
        frame: Number(cell('frame')),
        src: hostOf(cell('src')),
        dst: hostOf(cell('dst')),
        message_size: Number(cell('length')),
      };
    });
    const { sink } = await read(`${isc}${name}`);
    expect(unitsOf(sink, true)).toMatchObject(expected);
  });
});

function hostOf(text: string): string {
  return text.slice(0, text.lastIndexOf(':'));
}

/** Type, transaction-id and sent-time: the eight octets that begin a message. */
function headOf(message: { msg_type: number; transaction_id: number; sent_time: number }): string {
  const head = Buffer.alloc(8);
  head.writeUInt8(message.msg_type);
  head.writeUIntBE(message.transaction_id, 1, 3);
  head.writeUInt32BE(message.sent_time, 4);
  return head.toString('hex');
}

interface IndexEntry {
  readonly file: string;
  readonly frames: number;
}

function framesOf(index: readonly IndexEntry[], name: string): number | undefined {
  return index.find((entry) => entry.file === name)?.frames;
}
