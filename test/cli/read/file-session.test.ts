/** Goal: what the UI reads again from its places is what was read, for every capture, compressed or merged too. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Conformance } from '../../../src/analyze/checks/conformance.ts';
import { fileSource } from '../../../src/capture/files.ts';
import { fileSession } from '../../../src/cli/read/file-session.ts';
import { readMessages } from '../../../src/cli/read/messages.ts';
import { loadDissectors } from '../../../src/dissect/load.ts';
import type { RowStore } from '../../../src/tui/row-store.ts';

const dissectors = loadDissectors();
const OPTIONS = { port: [], decodeAs: [], interface: [] };
const captures = fileURLToPath(new URL('../../../fixtures/captures/', import.meta.url));
const all = ['dhcpv6', 'dhcpv4-isc'].flatMap((name) =>
  readdirSync(`${captures}${name}`)
    .filter((file) => /\.pcap(ng)?$/.test(file))
    .map((file) => `${name}/${file}`),
);

/** Every message as JSON, from the places. What is learnt later about a connection is known to all its messages. */
async function fromPlaces(files: readonly string[]): Promise<string[]> {
  const stop = new AbortController();
  const session = fileSession(files, OPTIONS, dissectors, stop.signal);
  const rows = session.rows as RowStore;
  await new Promise<void>((resolve) => {
    session.subscribe((item) => {
      if (item.kind === 'message')
        rows.add({ ...item, replyTo: undefined, replyIn: undefined, rttMillis: undefined });
      if (item.kind === 'end') resolve();
    });
  });
  const lines = Array.from({ length: rows.total }, (_, at) => rows.at(at)?.message.json() ?? '');
  session.close();
  return lines;
}

async function asRead(files: readonly string[]): Promise<string[]> {
  const messages: { json(): string }[] = [];
  await readMessages(
    files.map((file) => fileSource(file)),
    dissectors,
    { onMessage: (message) => messages.push(message) },
    OPTIONS,
  );
  return messages.map((message) => message.json());
}

describe('a capture in the UI', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'session-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(all)('%s', async (name) => {
    const lines = await asRead([`${captures}${name}`]);
    expect(lines.length).toBeGreaterThan(0);
    expect(await fromPlaces([`${captures}${name}`])).toEqual(lines);
  });

  it('compressed', async () => {
    const path = join(folder, 'x.pcap.gz');
    writeFileSync(path, gzipSync(readFileSync(`${captures}dhcpv6/basic-all-options.pcap`)));
    expect(await fromPlaces([path])).toEqual(await asRead([path]));
  });

  it('merged with others', async () => {
    const files = ['tcp-conns.pcap', 'ng-interfaces.pcapng', 'mixed-traffic.pcap'].map(
      (name) => `${captures}dhcpv6/${name}`,
    );
    expect(await fromPlaces(files)).toEqual(await asRead(files));
  });

  // Goal: the list is there first; then the checks see all of it, and end.
  it('is judged once it is listed', async () => {
    const stop = new AbortController();
    const session = fileSession(
      [`${captures}dhcpv6/vio-connectreply-mclt.pcap`],
      OPTIONS,
      dissectors,
      stop.signal,
    );
    const kinds: string[] = [];
    const found: string[] = [];
    const judge = new Conformance(({ id, message }) => found.push(`${id} #${message.index}`));
    await new Promise<void>((resolve) => {
      session.subscribe((item) => {
        if (kinds.at(-1) !== item.kind) kinds.push(item.kind);
        if (item.kind === 'judge' && 'msgType' in item.look) judge.push(item.look);
        if (item.kind === 'judged') resolve();
      });
    });
    session.close();
    expect(kinds.slice(kinds.indexOf('end'))).toEqual(['end', 'judge', 'judged']);
    expect(found).toEqual(['connectreply-mclt #1']);
  });
});
