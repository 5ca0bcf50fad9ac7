/** The code that the build wrote must be what this V8 takes: else every start is slower, and nobody would see why. */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { CORE_FILE, PRINTING_FILE } from '../../src/cli/compiled-code.ts';
import { mainFile, top } from '../support/process.ts';

it.each([CORE_FILE, PRINTING_FILE])(
  'the built program comes with code for %s that is not refused',
  (name) => {
    const program = `
    import { readFileSync } from 'node:fs';
    import { CODE_SUFFIX, compile } from ${JSON.stringify(join(top, 'dist/cli/compiled-code.js'))};
    const path = ${JSON.stringify(join(dirname(mainFile), name))};
    console.log(compile(path, readFileSync(path + CODE_SUFFIX)).cachedDataRejected);`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    expect(stderr).toBe('');
    expect(stdout).toBe('false\n');
  },
);
