#!/usr/bin/env node
/** The executable: hands the arguments to the program and its answer to the shell. Nothing else happens here. */
import { runProgram } from './program.ts';

process.exitCode = await runProgram(process.argv.slice(2));
