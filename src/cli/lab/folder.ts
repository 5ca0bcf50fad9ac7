/**
 * The folder of a lab, for what its servers need. It goes when the lab ends; what a lab that was killed has left is
 * removed by the next one, which knows by its name whose it was.
 */
import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const NAME = /^leasetap-lab-(\d+)-\w{6}$/;

/** Makes a folder in `parent`, and removes those of labs whose process is gone. */
export function makeLabFolder(parent: string, processId = process.pid): string {
  for (const name of readdirSync(parent)) {
    const owner = Number(NAME.exec(name)?.[1] ?? Number.NaN);
    const path = join(parent, name);
    if (owner > 0 && !isRunning(owner) && isOurs(path)) rmSync(path, { recursive: true, force: true });
  }
  return mkdtempSync(join(parent, `leasetap-lab-${processId}-`));
}

function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** A real folder of this user: in a folder that all share, anybody may have made something of this name. */
function isOurs(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === process.getuid?.();
}
