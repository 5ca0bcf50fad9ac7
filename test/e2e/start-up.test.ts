/** The code that the build wrote must be what this V8 takes: else every start is slower, and nobody would see why. */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { mainFile, top } from '../support/process.ts';

it('the built program comes with code that is not refused', () => {
  const program = `
    import { readFileSync } from 'node:fs';
    import { CODE_SUFFIX, CORE_FILE, compile } from ${JSON.stringify(join(top, 'dist/cli/compiled-code.js'))};
    const path = ${JSON.stringify(dirname(mainFile))} + '/' + CORE_FILE;
    console.log(compile(path, readFileSync(path + CODE_SUFFIX)).cachedDataRejected);`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  expect(stderr).toBe('');
  expect(stdout).toBe('false\n');
});
