/**
 * What must hold for any octets: reading never throws and never loses a problem, the two ways to JSON agree, and a
 * message cut anywhere is still read as far as it goes. Messages are made from real ones by damaging them, because
 * random octets alone hardly ever get past the first option.
 */
import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { fromHex } from '../../src/base/bytes.ts';
import type { ProtocolName } from '../../src/base/frame.ts';
import { NESTING_MAX } from '../../src/dissect/limits.ts';
import type { Message, TreeNode } from '../../src/dissect/message.ts';
import { optionObjects } from '../../src/dissect/tree-json.ts';
import { captured } from './captured.ts';
import { messageOf } from './made.ts';

const FIXTURES = new URL('../../fixtures/captures/', import.meta.url);
const PROTOCOLS: readonly ProtocolName[] = [
  'dhcpv6-failover',
  'dhcpv6',
  'dhcpv6-leasequery',
  'dhcpv4-failover',
];

/**
 * A REPLY with what no capture has: PD_EXCLUDE in its IAPREFIX, DNR with all its parts and with a name only, MPL parameters
 * with and without an address, and a SLAP quadrant.
 */
const UNCOMMON = {
  protocol: 'dhcpv6' as const,
  bytes: fromHex(
    '07abcdef 0019 002f 000000010000070800000b40' +
      '001a 001f 00000bb800000e10 3b 20010db8deadbee00000000000000000 0043 0002 4078' +
      '0090 0030 0001 0005 03646e7300 0010 20010db8000000000000000000000053 0001 0007 03646f74026832 0003 0002 0355 0002 0000' +
      '0090 0009 0002 0005 03646e7300' +
      '0068 0020 800a02580100190800140200320700 0aff030000000000000000000000000fc0' +
      '0068 0010 000a02580100190800140200320700 0a 008c 0004 03020101',
  ) as Uint8Array,
};

/** One message of each size and type of the sample captures. */
let samples: { readonly bytes: Uint8Array; readonly protocol: ProtocolName }[] = [];

beforeAll(async () => {
  const seen = new Set<string>();
  for (const folder of ['dhcpv6/', 'dhcpv4-isc/']) {
    const names = readdirSync(new URL(folder, FIXTURES)).filter((name) => /\.pcap(ng)?$/.test(name));
    for (const name of names) {
      const { messages } = await captured(new URL(folder + name, FIXTURES).pathname);
      for (const { frame, protocol, msgType, size } of messages) {
        const key = `${protocol} ${msgType} ${size}`;
        if (!seen.has(key)) samples.push({ protocol, bytes: frame.bytes.slice(frame.start, frame.end) });
        seen.add(key);
      }
    }
  }
  samples = [...Array(20).fill(UNCOMMON), ...samples].slice(0, 400);
});

/** Everything that can be asked of a message, and that it hangs together. */
function examine(message: Message): void {
  const tree = message.tree();
  const json = JSON.parse(message.json()) as Record<string, unknown>;
  const { start, end } = message.frame;
  const problems = problemsBelow(tree);
  expect(message.glance().clean).toBe(problems === 0);
  expect(message.problems().length > 0).toBe(problems > 0);
  expect('malformed' in json).toBe(problems > 0);
  // What the fast way writes is what the tree says.
  expect(json['options']).toEqual(JSON.parse(JSON.stringify(optionObjects(tree))));
  checkPlaces(tree, start, end);
}

function problemsBelow(node: TreeNode): number {
  return node.children.reduce((sum, child) => sum + problemsBelow(child), node.problems.length);
}

/** Nodes and fields lie inside their parents; siblings stand in order. */
function checkPlaces(node: TreeNode, start: number, end: number): void {
  expect(node.start).toBeGreaterThanOrEqual(start);
  expect(node.end).toBeLessThanOrEqual(end);
  for (const field of node.fields) {
    expect(field.start).toBeGreaterThanOrEqual(node.start);
    expect(field.end).toBeLessThanOrEqual(node.end);
    expect(field.start).toBeLessThanOrEqual(field.end);
  }
  let at = node.start;
  for (const child of node.children) {
    expect(child.start).toBeGreaterThanOrEqual(at);
    checkPlaces(child, node.start, node.end);
    at = child.end;
  }
}

it('are tried on messages that are right', () => {
  for (const { bytes, protocol } of samples.slice(0, 1)) {
    const message = messageOf(bytes, protocol);
    expect(message.problems()).toEqual([]);
    examine(message);
  }
});

describe('any octets', () => {
  it('are read without a throw, and the two ways to JSON agree', () => {
    const anything = fc.tuple(fc.constantFrom(...PROTOCOLS), fc.uint8Array({ maxLength: 200 }));
    fc.assert(
      fc.property(anything, ([protocol, bytes]) => examine(messageOf(bytes, protocol))),
      { numRuns: 2000 },
    );
  });

  it('and so are damaged messages', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.nat(), damage, (which, changes) => {
        const { bytes, protocol } = samples[which % samples.length] as (typeof samples)[number];
        const damaged = bytes.slice();
        for (const [at, octet] of changes) damaged[at % damaged.length] = octet;
        examine(messageOf(damaged, protocol));
      }),
      { numRuns: 3000 },
    );
  });

  it('and so are real ones, whole and cut at every octet', () => {
    for (const { bytes, protocol } of samples.filter((_, index) => index % 7 === 0)) {
      for (let length = 0; length <= bytes.length; length++)
        examine(messageOf(bytes.slice(0, length), protocol));
    }
    for (const { bytes, protocol } of samples) examine(messageOf(bytes, protocol));
  });

  it('even if they nest without end', () => {
    const deep = new Uint8Array(65_535);
    deep.set([24, 0, 0, 1, 0, 0, 0, 0]);
    for (let at = 8; at + 4 <= deep.length; at += 4) {
      const length = deep.length - at - 4;
      deep.set([0, 45, length >> 8, length & 0xff], at);
    }
    const message = messageOf(deep);
    expect(message.problems().map(({ code }) => code)).toContain('nesting-too-deep');
    expect(message.json().length).toBeLessThan(1_000_000);
    let depth = 0;
    for (let node: TreeNode | undefined = message.tree(); node !== undefined; node = node.children[0])
      depth++;
    expect(depth).toBeLessThan(NESTING_MAX + 5);
  });

  it('even if relay messages nest without end, within a second', () => {
    const deep = new Uint8Array(65_535);
    for (let at = 0; at + 38 <= deep.length; at += 38) {
      const length = deep.length - at - 38;
      deep[at] = 12;
      deep.set([0, 9, length >> 8, length & 0xff], at + 34);
    }
    const message = messageOf(deep, 'dhcpv6');
    const before = process.cpuUsage().user;
    message.json();
    expect(process.cpuUsage().user - before).toBeLessThan(1_000_000);
  });
});
