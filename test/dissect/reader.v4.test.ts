/**
 * The captures of two real ISC dhcpd servers against what tshark read of them, field by field: header, options, values
 * and octets. The words of tshark for types 7 and 9 and its IP-flags bits are known to be wrong; the expectation file
 * names types by the draft and gives IP-flags as a number.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import type { Message } from '../../src/dissect/message.ts';
import { captured } from './captured.ts';

const DIRECTORY = new URL('../../fixtures/captures/dhcpv4-isc/', import.meta.url);
const CAPTURES = readdirSync(DIRECTORY).filter((name) => name.endsWith('.pcap'));

/** Names of fields in the expectation file, where they are not ours without the hyphens. */
const FIELD_NAMES: Readonly<Record<string, string>> = {
  serverstatus: 'server-state',
  serverflag: 'server-flags',
  vendorclass: 'vendor-class-identifier',
  clienthardwaretype: 'hardware-type',
  clientidentifier_hex: 'client-identifier',
};

interface Row {
  readonly frame: number;
  readonly [column: string]: string | number;
}

function rows(capture: string): readonly Row[] {
  const [head, ...lines] = readFileSync(new URL(capture.replace('.pcap', '.expect.tsv'), DIRECTORY), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
  return lines.map((cells) => {
    const row = Object.fromEntries((head as string[]).map((name, index) => [name, cells[index] ?? '']));
    return { ...row, frame: Number(row['frame']) };
  });
}

/** Our reading of one message in the columns of the expectation file. */
function asRow(message: Message): Record<string, string | number> {
  const { frame } = message;
  const { ends } = frame.connection.flow;
  const end = (which: 0 | 1): string => `${ends[which].address}:${ends[which].port}`;
  const fields = new Map(message.tree().fields.map((field) => [field.name, field.value]));
  return {
    frame: frame.seen.packet,
    src: end(frame.direction),
    dst: end(frame.direction === 0 ? 1 : 0),
    length: `${frame.end - frame.start + 2}`,
    type: `${message.msgType}`,
    type_name: `${message.msgName}`,
    poffset: `${fields.get('payload-offset')}`,
    msg_time: `${fields.get('time')}`,
    xid: `0x${message.transactionId?.toString(16).padStart(8, '0')}`,
    option_codes: message
      .tree()
      .children.map((child) => child.code)
      .join(','),
    hex: toHex(frame.bytes, frame.start - 2, frame.end),
  };
}

/** Every value that the expectation gives, as we read it. */
function compareValues(message: Message, values: string): void {
  const fields = message.tree().children.flatMap((child) => child.fields);
  for (const pair of values.split(';').filter((text) => text !== '')) {
    const at = pair.indexOf('=');
    const [key, wanted] = [pair.slice(0, at), pair.slice(at + 1)];
    if (key.startsWith('ipflags.')) continue;
    const plain = (FIELD_NAMES[key] ?? key).replace(/[-_]/g, '').toLowerCase();
    const field = fields.find(({ name }) => name.replace(/[-_]/g, '').toLowerCase() === plain);
    expect([key, comparable(`${field?.value}`)]).toEqual([key, comparable(wanted)]);
  }
}

/** Octets without colons, numbers in decimal. */
function comparable(text: string): string {
  return /^0x[0-9a-f]+$/.test(text) ? `${Number(text)}` : text.replaceAll(':', '');
}

describe('captures of ISC dhcpd', () => {
  it.each(CAPTURES)('%s', async (capture) => {
    const { messages } = await captured(new URL(capture, DIRECTORY).pathname);
    const wanted = rows(capture);
    for (const [index, message] of messages.entries()) {
      const row = wanted[index] as Row;
      expect(row).toMatchObject(asRow(message));
      expect(message.problems()).toEqual([]);
      compareValues(message, row['values'] as string);
    }
    expect(messages.length).toBe(wanted.length);
  });

  it('are labelled with their dialect, and why', async () => {
    const { messages, notices } = await captured(new URL('first-start.pcap', DIRECTORY).pathname);
    const texts = notices.map(({ kind, message }) => `${kind}: ${message}`);
    expect(texts[0]).toMatch(/^connection: .* is DHCPv4 Failover Protocol: its first message is of type 5$/);
    expect(texts[1]).toMatch(/^dialect: .* dialect isc: its vendor class is isc-4\.4\.3-P1$/);
    expect(JSON.parse(messages[5]?.json() ?? '')).toMatchObject({
      protocol: 'dhcpv4-failover',
      dialect: 'isc',
    });
  });

  it('that begin in mid-stream are read from their first message on', async () => {
    const { notices } = await captured(new URL('steady-state.pcap', DIRECTORY).pathname);
    expect(notices[0]?.message).toMatch(/its beginning was not seen$/);
  });
});
