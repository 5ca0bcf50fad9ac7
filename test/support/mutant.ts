/** Copies of the built program with a deliberate bug in them, to see that it is found. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { top } from './process.ts';

const BUILT = join(top, 'dist');
/** Inside node_modules, so that the copy finds its packages. */
const MUTANTS = join(top, 'node_modules', '.cache', 'leasetap-mutants');

export interface Edit {
  /** Stands there exactly once. */
  readonly from: string;
  readonly to: string;
}

export interface Mutation extends Edit {
  /** Relative to `dist`. */
  readonly file: string;
  /** In the same file; for what is guarded in two places. */
  readonly and?: Edit;
}

export const isBuilt = existsSync(join(BUILT, 'sim', 'world.js'));

/** Makes the copy `name`, unbundled, and returns its `dist`. */
export function makeMutant(name: string, { file, and, ...edit }: Mutation): string {
  const folder = join(MUTANTS, name, 'dist');
  mkdirSync(folder, { recursive: true });
  cpSync(BUILT, folder, { recursive: true, filter: (path) => path !== join(BUILT, 'bundle') });
  for (const beside of ['package.json', 'dissectors'])
    cpSync(join(top, beside), join(MUTANTS, name, beside), { recursive: true });
  const path = join(folder, file);
  let text = readFileSync(path, 'utf8');
  for (const { from, to } of and === undefined ? [edit] : [edit, and]) {
    const parts = text.split(from);
    if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times: ${from}`);
    text = parts.join(to);
  }
  writeFileSync(path, text);
  return folder;
}

export function removeMutant(name: string): void {
  rmSync(join(MUTANTS, name), { recursive: true, force: true });
}
