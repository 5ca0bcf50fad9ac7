/** Compiled code must be taken where it fits, and must do no harm where it does not. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { CORE_FILE, compile, load } from '../../src/cli/compiled-code.ts';

function written(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'leasetap-code-')), CORE_FILE);
  writeFileSync(path, text);
  return path;
}

describe('the code of a file', () => {
  it('is taken again, and the file runs as if required', () => {
    const path = written(`exports.place = __dirname; exports.join = require('node:path').join;`);
    const script = compile(path, compile(path).createCachedData());
    expect(script.cachedDataRejected).toBe(false);
    expect(load(path, script)).toMatchObject({ place: dirname(path), join });
    expect(createRequire(path)(path)).toMatchObject({ place: dirname(path) });
  });

  it('can import what is loaded on demand', async () => {
    const path = written(`exports.path = import('node:path');`);
    const { path: imported } = load(path, compile(path)) as { path: Promise<{ sep: string }> };
    expect((await imported).sep).toBe('/');
  });

  // Different files, because V8 remembers what it has compiled.
  it.each([
    ['of another file', new Script('1 + 1').createCachedData()],
    ['nonsense', Buffer.from('nonsense')],
    ['nothing', Buffer.alloc(0)],
  ])('is refused when it is %s', (what, code) => {
    const path = written(`exports.what = '${what}';`);
    const script = compile(path, code);
    expect(script.cachedDataRejected).toBe(true);
    expect(load(path, script)).toEqual({ what });
  });
});
