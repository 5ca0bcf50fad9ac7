#!/usr/bin/env node
/** The executable: hands the arguments to the program and its answer to the shell. Nothing else happens here. */
import module from 'node:module';

// From Node 22.1 on, what was compiled is kept for the next run: a tenth of the time before the first line.
(module as { enableCompileCache?: () => unknown }).enableCompileCache?.();
const { runProgram } = await import('./program.ts');

process.exitCode = await runProgram(process.argv.slice(2));
