/** The dissectors that every command works with: ours, and those that the user has named in the environment. */
import { statSync } from 'node:fs';
import { delimiter } from 'node:path';
import { InputError } from '../../base/problem.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import { loadDissectors } from '../../dissect/load.ts';

/** Files and folders with dissector files, separated as in PATH. */
const VARIABLE = 'LEASETAP_DISSECTORS';

/** Throws InputError that names file, line and key of what is wrong. */
export function dissectorsInUse(): Dissectors {
  const paths = (process.env[VARIABLE] ?? '').split(delimiter).filter((path) => path !== '');
  return loadDissectors({
    files: paths.filter((path) => !isFolder(path)),
    dirs: paths.filter(isFolder),
  });
}

function isFolder(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new InputError(`${VARIABLE}: there is no ${path}`);
  return found.isDirectory();
}
