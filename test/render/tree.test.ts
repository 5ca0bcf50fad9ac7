import { describe, expect, it } from 'vitest';
import { JsonBuffer } from '../../src/dissect/json-buffer.ts';
import type { TreeNode } from '../../src/dissect/message.ts';
import { hexDump } from '../../src/render/hex.ts';
import { colourDepth, lineText, paint } from '../../src/render/style.ts';
import { putTree, treeRows } from '../../src/render/tree.ts';
import { handMessage } from '../support/messages.ts';

const state = handMessage({
  hex: '22 000007 2d799b90 0084 0001 02 ffff 0002 1b0a',
  index: 4,
  tree: {
    fields: [{ name: 'transaction-id', value: 7, start: 1, end: 4 }],
    children: [
      {
        kind: 'option',
        encapsulates: false,
        name: 'OPTION_F_SERVER_STATE',
        code: 132,
        start: 8,
        end: 13,
        fields: [{ name: 'server-state', value: 2, display: 'NORMAL', start: 12, end: 13 }],
        children: [],
        problems: [],
      },
      {
        kind: 'option',
        encapsulates: false,
        name: null,
        code: 65535,
        start: 13,
        end: 19,
        fields: [{ name: 'text', value: 'a\x1b\n', start: 17, end: 19 }],
        children: [],
        problems: [{ code: 'odd', path: 'x', message: 'not defined', section: 'RFC 8415 §16' }],
      },
    ],
  },
});

describe('a tree', () => {
  it('shows options under the message, fields under options, problems where they stand', () => {
    expect(treeRows(state).map(({ line }) => lineText(line))).toEqual([
      '#4 STATE 1709629200.000000 [2001:db8::1]:49152 > [2001:db8::2]:647 (dhcpv6-failover, packet 5, connection 0, 19 octets)',
      '    transaction-id: 7',
      '    OPTION_F_SERVER_STATE (132), 5 octets',
      '        server-state: NORMAL (2)',
      '    unknown option (65535), 6 octets',
      '        ! not defined (RFC 8415 §16)',
      '        text: a\\x1b\\n',
    ]);
  });

  it('is written row by row, however many there are', () => {
    const [known] = state.tree().children as [TreeNode];
    const tree = { children: Array.from({ length: 2000 }, () => known) };
    const message = handMessage({ hex: '22 000007 2d799b90', tree });
    const out = new JsonBuffer(0);
    putTree(out, message);
    const rows = treeRows(message).map(({ line }) => `${lineText(line)}\n`);
    expect(rows.length).toBeGreaterThan(4000);
    expect(out.text()).toBe(rows.join(''));
  });

  it('keeps the octets of every row', () => {
    expect(treeRows(state).map((row) => [row.start, row.end])).toEqual([
      [0, 19],
      [1, 4],
      [8, 13],
      [12, 13],
      [13, 19],
      [13, 19],
      [17, 19],
    ]);
  });
});

describe('a hex dump', () => {
  it('puts the marked octets in brackets', () => {
    const { bytes } = state.frame;
    expect(hexDump(bytes, 0, 19, { start: 8, end: 13 }).map(lineText)).toEqual([
      '0000  22 00 00 07 2d 79 9b 90 [00 84 00 01 02]ff ff 00  "...-y..........',
      '0010  02 1b 0a                                          ...',
    ]);
  });
});

describe('colour', () => {
  it('follows --color first, then NO_COLOR, then the terminal', () => {
    expect(colourDepth('always', false, { NO_COLOR: '1' })).toBe('256');
    expect(colourDepth('auto', true, { NO_COLOR: '1' })).toBe('none');
    expect(colourDepth('auto', true, { NO_COLOR: '' })).toBe('256');
    expect(colourDepth('auto', true, { TERM: 'dumb' })).toBe('none');
    expect(colourDepth('auto', false, {})).toBe('none');
    expect(colourDepth('never', true, {})).toBe('none');
  });

  it('paints only where there is colour', () => {
    expect(paint('NORMAL', 'strong', '256')).toBe('\x1b[1mNORMAL\x1b[0m');
    expect(paint('NORMAL', 'strong', 'none')).toBe('NORMAL');
    expect(paint('NORMAL', 'plain', '256')).toBe('NORMAL');
  });
});
