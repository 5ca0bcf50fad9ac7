#!/usr/bin/env node
/** The executable: hands the arguments to the program and its answer to the shell. Nothing else happens here. */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CORE_FILE, useCompiledCode } from './compiled-code.ts';

useCompiledCode(dirname(fileURLToPath(import.meta.url)), CORE_FILE);
// Not imported above, so that the code is there before it is asked for.
import('./program.ts')
  .then(({ endQuietlyOnClosedPipes, runProgram }) => {
    endQuietlyOnClosedPipes();
    return runProgram(process.argv.slice(2));
  })
  .then((exitCode) => {
    process.exitCode = exitCode;
  });
