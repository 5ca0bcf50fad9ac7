/** The keys `counted` and `optional`: what they read, what they refuse, and what they make of values. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../src/base/bytes.ts';
import { encodeOption } from '../../../src/dissect/encode.ts';
import { loadDissectors } from '../../../src/dissect/load.ts';
import type { Space } from '../../../src/dissect/space.ts';
import { optionTrees } from '../../../src/dissect/tree.ts';

const file = join(mkdtempSync(join(tmpdir(), 'leasetap-wrapped-')), 'wrapped.yaml');
writeFileSync(
  file,
  `
format: 1
enterprise: 32473
title: Example
reference: none
options:
  1:
    name: A
    fields:
      - { name: word, type: text, counted: u8 }
      - { name: number, type: u16, counted: u16 }
      - { name: list, type: u16, repeat: true, counted: u8, optional: true }
      - { name: end, type: u32, optional: true }
`,
);
const SPACE = loadDissectors({ files: [file] }).vendors.get(32_473) as Space;

/** Fields of option 1 with these contents, or what is wrong with it. */
function read(contents: string): unknown {
  const body = fromHex(contents) as Uint8Array;
  const [node] = optionTrees(SPACE, Uint8Array.of(0, 1, 0, body.length, ...body), 'option');
  if (node === undefined || node.problems.length > 0)
    return node?.problems.map(({ message }) => message).join();
  return node.fields.map(({ value }) => value);
}

describe('counted and optional fields', () => {
  it.each([
    ['02 6162 0002 0007', ['ab', 7, null, null]],
    ['00 0002 0007 00', ['', 7, [], null]],
    ['00 0002 0007 04 0001 0002', ['', 7, [1, 2], null]],
    ['00 0002 0007 02 0001 00000009', ['', 7, [1], 9]],
  ])('%s', (contents, values) => {
    expect(read(contents)).toEqual(values);
    const [word, number, list, end] = values;
    const octets = encodeOption(SPACE, { A: { word, number, list, end } });
    expect(toHex(octets, 4)).toBe(contents.replaceAll(' ', ''));
  });

  it.each([
    ['03 6162', 'option-len 3 ends inside a field'],
    ['01 ff 0002 0007', 'word: not valid UTF-8'],
    ['00 0001 07', 'number: length 1 is not 2'],
    ['00 0002 0007 03 000102', 'list: 1 octets at the end are no whole entry'],
    ['00 0002 0007 04 0001', 'option-len 8 ends inside a field'],
    ['00 0002 0007 00 0001', 'option-len 8 ends inside a field'],
    ['00 0002 0007 00 00000001 02', '1 octets after the last field'],
  ])('%s: %s', (contents, words) => {
    expect(read(contents)).toBe(words);
  });

  it('hold no more than their length can say', () => {
    const A = (word: string) => ({ A: { word, number: 0, list: null, end: null } });
    expect(() => encodeOption(SPACE, A('x'.repeat(255)))).not.toThrow();
    expect(() => encodeOption(SPACE, A('x'.repeat(256)))).toThrow(/word: expected text/);
  });
});
