import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { toHex } from '../../src/base/bytes.ts';
import { InputError } from '../../src/base/problem.ts';
import { FIELD_TYPES } from '../../src/dissect/definition.ts';
import { encodeMessage } from '../../src/dissect/encode.ts';
import { runExamples } from '../../src/dissect/examples.ts';
import { loadDissectors } from '../../src/dissect/load.ts';
import type { CompiledProtocol } from '../../src/dissect/space.ts';

const directory = mkdtempSync(join(tmpdir(), 'leasetap-dissectors-'));

function file(name: string, lines: readonly string[]): string {
  const path = join(directory, name);
  writeFileSync(path, lines.join('\n'));
  return path;
}

function mistake(lines: readonly string[]): string {
  const path = file('mistake.yaml', lines);
  try {
    loadDissectors({ files: [path] });
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message.replace(path, 'FILE');
  }
  throw new Error('was accepted');
}

const VENDOR = ['format: 1', 'enterprise: 32473', 'title: Example', 'reference: none'];

describe('our own dissector files', () => {
  it('name every code of the IANA registry that stands for an option, those of other protocols where they belong', () => {
    // RFC 8415 §24 keeps 10 and 35 unassigned; 128 to 134 and 114 to 127 are RFC 8156, 101 and 102 RFC 7653.
    const { space } = loadDissectors().protocols.get('dhcpv6') as CompiledProtocol;
    const unknown = Array.from({ length: 151 }, (_, code) => code).filter(
      (code) => !space.byCode.has(code) && !space.elsewhere.has(code),
    );
    expect(unknown.filter((code) => code < 114 || code > 134)).toEqual([0, 10, 35]);
  });

  it('show an asked option by its name, whichever file defines it', () => {
    const message = encodeMessage(loadDissectors(), 'dhcpv6', {
      type: 'SOLICIT',
      'transaction-id': 1,
      options: [{ ORO: { 'requested-option-code': ['OPTION_V6_DNR', 47, 65_000] } }],
    });
    // 144 is RFC 9463, 47 RFC 5007.
    expect(toHex(message)).toBe('01000001 0006 0006 0090 002f fde8'.replaceAll(' ', ''));
  });

  it('load, and every example in them comes out as it says', () => {
    const { count, failures } = runExamples(loadDissectors());
    expect(failures).toEqual([]);
    expect(count).toBeGreaterThan(30);
  });

  it('know all messages and options of RFC 8156', () => {
    const failover = loadDissectors().protocols.get('dhcpv6-failover');
    for (let type = 24; type <= 35; type++) expect(failover?.messages.has(type)).toBe(true);
    for (let code = 114; code <= 134; code++) expect(failover?.space.byCode.has(code)).toBe(true);
  });
});

describe('mistakes in a file are told with file, line, key and what was expected', () => {
  it('a field type that does not exist', () => {
    const text = mistake([
      ...VENDOR,
      'options:',
      '  1:',
      '    name: A',
      '    fields:',
      '      - { name: x, type: u7 }',
    ]);
    expect(text).toMatch(/^FILE:9: options\.1\.fields\.0\.type: expected one of u8, u16, .*, found "u7"$/);
  });

  it('a misspelt key', () => {
    expect(mistake([...VENDOR, 'optoins: {}'])).toMatch(
      /^FILE:5: optoins: unknown key optoins; expected one of /,
    );
  });

  it('a missing key', () => {
    expect(mistake([...VENDOR, 'options:', '  1: {}'])).toBe('FILE:6: options.1: key name is missing');
  });

  it('a field behind one that takes everything', () => {
    const fields = ['      - { name: a, type: text }', '      - { name: b, type: u8 }'];
    const text = mistake([...VENDOR, 'options:', '  1:', '    name: A', '    fields:', ...fields]);
    expect(text).toMatch(/^FILE:9: .*takes all octets that are left, so nothing may follow it$/);
  });

  it('keys that make no sense where they stand', () => {
    const option = (...fields: readonly string[]) =>
      mistake([
        ...VENDOR,
        'options:',
        '  1:',
        '    name: A',
        '    fields:',
        ...fields.map((one) => `      - ${one}`),
      ]);
    expect(option('{ name: a, type: u16 }', '{ name: b, type: subnet-id }')).toMatch(
      /^FILE:10: .*needs a u8 before/,
    );
    expect(option('{ name: a, type: u8, optional: true }', '{ name: b, type: u8 }')).toMatch(
      /^FILE:9: .*has to be optional, too$/,
    );
    expect(option('{ name: a, type: message, counted: u16 }')).toMatch(
      /^FILE:9: .*message cannot have this key$/,
    );
    expect(option('{ name: a, type: text, counted: u32 }')).toMatch(/^FILE:9: .*expected one of u8, u16, /);
    expect(option('{ name: a, type: text, enum: b }')).toMatch(/^FILE:9: .*only u8, u16, u24 and u32/);
  });

  it('an enumeration that does not exist', () => {
    const fields = ['      - { name: a, type: u8, enum: colour }'];
    const text = mistake([...VENDOR, 'options:', '  1:', '    name: A', '    fields:', ...fields]);
    expect(text).toMatch(/^FILE:9: .*enum colour is not defined/);
  });

  it('a code out of range, and one that is no number', () => {
    expect(mistake([...VENDOR, 'options:', '  65536: { name: A }'])).toMatch(/^FILE:6: .*0 to 65535 as key$/);
    expect(mistake([...VENDOR, 'options:', '  one: { name: A }'])).toMatch(/^FILE:6: .*0 to 65535 as key$/);
  });

  it('hex that is none', () => {
    const text = mistake([
      ...VENDOR,
      'options:',
      '  1:',
      '    name: A',
      '    examples:',
      '      - { hex: "0g", expect: {} }',
    ]);
    expect(text).toMatch(/^FILE:9: .*hex: expected octets in hex, in quotes, found "0g"$/);
  });

  it('what is no YAML, a key given twice, and an empty file', () => {
    expect(mistake(['format: [1'])).toMatch(/^FILE:\d+: not YAML: /);
    expect(mistake([...VENDOR, 'title: Again'])).toMatch(/^FILE:5: not YAML: .*unique/);
    expect(mistake([''])).toMatch(/^FILE:1: .*expected a dissector/);
  });

  it('a file that nobody has written by hand', () => {
    const lines = (length: number) => {
      const text = [...VENDOR, 'options: {}', '#'].join('\n');
      return [text + 'x'.repeat(length - text.length)];
    };
    expect(() => loadDissectors({ files: [file('long.yaml', lines(4_194_304))] })).not.toThrow();
    expect(mistake(lines(4_194_305))).toBe('FILE: larger than 4194304 characters');
  });

  it('a format of the future', () => {
    expect(mistake(['format: 2', 'enterprise: 1'])).toMatch(/^FILE:1: format: expected 1, /);
  });

  it('a file and a directory that are not there', () => {
    expect(() => loadDissectors({ files: [join(directory, 'none.yaml')] })).toThrow(InputError);
    expect(() => loadDissectors({ dirs: [join(directory, 'none')] })).toThrow(InputError);
  });
});

describe('a file of the user', () => {
  it('takes the place of ours if it defines the same protocol', () => {
    const ours = readFileSync(new URL('../../dissectors/dhcpv6-failover.yaml', import.meta.url), 'utf8');
    const path = file(
      'other-failover.yaml',
      ours.replace('name: OPTION_F_MCLT', 'name: OPTION_F_LEAD').split('\n'),
    );
    const failover = loadDissectors({ files: [path] }).protocols.get('dhcpv6-failover');
    expect(failover?.space.byCode.get(122)?.name).toBe('OPTION_F_LEAD');
    expect(failover?.file).toBe(path);
  });

  it('adds to what is known of an enterprise', () => {
    const lines = [
      'format: 1',
      'enterprise: 4491',
      'title: More',
      'reference: none',
      'options:',
      '  9999: { name: NEW }',
    ];
    const vendor = loadDissectors({ files: [file('more.yaml', lines)] }).vendors.get(4491);
    expect(vendor?.byCode.get(9999)?.name).toBe('NEW');
    expect(vendor?.byCode.get(32)?.name).toBe('CL_OPTION_TFTP_SERVERS');
  });
});

describe('docs/writing-a-dissector.md', () => {
  const text = readFileSync(new URL('../../docs/writing-a-dissector.md', import.meta.url), 'utf8');
  const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] as string);

  it('shows a vendor file that loads and whose examples come out', () => {
    const path = file('from-docs.yaml', (blocks[0] as string).split('\n'));
    const dissectors = loadDissectors({ files: [path] });
    expect(dissectors.vendors.get(32473)?.byCode.size).toBe(3);
    expect(runExamples(dissectors).failures).toEqual([]);
  });

  it('shows a message that can be made', () => {
    const bytes = encodeMessage(loadDissectors(), 'dhcpv6-failover', parse(blocks[1] as string));
    expect(toHex(bytes)).toBe('220000072d799b9000840001040083000101' + '00c80003c0ffee');
  });

  it('names every field type', () => {
    for (const type of FIELD_TYPES) expect(text).toContain(`\`${type}\``);
  });
});

describe('an example that does not come out', () => {
  it('is told with its place and both values', () => {
    const lines = [
      'options:',
      '  1:',
      '    name: A',
      '    fields:',
      '      - { name: x, type: u16 }',
      '    examples:',
    ];
    const path = file('wrong.yaml', [...VENDOR, ...lines, '      - { hex: "0001", expect: { x: 2 } }']);
    const { failures } = runExamples(loadDissectors({ files: [path] }));
    expect(failures).toEqual([{ where: 'vendor 32473 A', hex: '0001', message: 'x is 1, expected 2' }]);
  });
});
