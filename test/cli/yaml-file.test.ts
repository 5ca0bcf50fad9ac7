/** Goal: a file is read as it is, and one that nobody has written is refused before it is parsed. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readYaml } from '../../src/cli/yaml-file.ts';

function file(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'leasetap-yaml-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'some.yaml');
  writeFileSync(path, text);
  return path;
}

it('tells line and column of what is no YAML', () => {
  const path = file('a: 1\nb: [\n');
  expect(() => readYaml(path)).toThrow(new RegExp(`^${path}:\\d:\\d: not YAML: `));
});

it('reads a million characters and no more', () => {
  const long = (length: number) => file(`a: 1\n#${'x'.repeat(length - 6)}`);
  expect(readYaml(long(1_048_576)).document.toJS()).toEqual({ a: 1 });
  const path = long(1_048_577);
  expect(() => readYaml(path)).toThrow(`${path}: larger than 1048576 characters`);
});
