/**
 * Every sample capture of DHCPv6 failover against the dissection that was written beside it from the RFC, not by
 * decoding: all fields of all messages, nothing more and nothing less but what we say beside them.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { captured } from './captured.ts';

const DIRECTORY = new URL('../../fixtures/captures/dhcpv6/', import.meta.url);
const CAPTURES = readdirSync(DIRECTORY)
  .filter((name) => /\.pcap(ng)?$/.test(name))
  .sort();

type Json = Record<string, unknown>;

/** Members that a message object has beside those of the expectations. */
const OURS = ['protocol', 'direction', 'problems'];

function withoutOurs(json: string): Json {
  const object = JSON.parse(json) as Json;
  for (const name of OURS) delete object[name];
  return object;
}

function expectations(capture: string): readonly Json[] {
  const file = new URL(capture.replace(/\.pcap(ng)?$/, '.expect.jsonl'), DIRECTORY);
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Json);
}

describe('sample captures of DHCPv6 failover', () => {
  it('are there', () => {
    expect(CAPTURES.length).toBeGreaterThan(30);
  });

  it.each(CAPTURES)('%s', async (capture) => {
    const { messages } = await captured(new URL(capture, DIRECTORY).pathname);
    const failover = messages.filter((message) => message.protocol === 'dhcpv6-failover');
    const wanted = expectations(capture);
    const found = failover.map((message) => withoutOurs(message.json()));
    for (const [index, expected] of wanted.entries()) expect(found[index]).toEqual(expected);
    expect(found.length).toBe(wanted.length);
  });
});
