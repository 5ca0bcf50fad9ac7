/**
 * Which files a control on TCP may name: those below the folders that whoever started the proxy has given for it. A
 * control on a unix socket is for the owner alone, who could write them anyway. What a relationship has had before is
 * not judged again.
 */
import { lstatSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { InputError } from '../../base/problem.ts';
import { failureText } from '../../base/system-error.ts';
import { type RelationshipSettings, withFiles } from '../../proxy/relationship.ts';

/** Settings as they may be served; throws InputError. `before` is what they were until now. */
export type Confine = (settings: RelationshipSettings, before?: RelationshipSettings) => RelationshipSettings;

/** Relative paths are below the first folder. Throws InputError for a folder that is not there. */
export function confinedTo(folders: readonly string[]): Confine {
  const roots = folders.map(realFolder);
  return (settings, before) => {
    const known = before === undefined ? new Set<string>() : filesOf(before);
    if (settings.aliveSet !== undefined && settings.aliveSet !== before?.aliveSet)
      throw new InputError(
        'alive-set: a control on TCP gives no sign of life; give it when the proxy starts',
      );
    return withFiles(settings, (path, key) => (known.has(path) ? path : within(roots, path, key)));
  };
}

function filesOf(settings: RelationshipSettings): ReadonlySet<string> {
  const files = new Set<string>();
  withFiles(settings, (path) => {
    files.add(path);
    return path;
  });
  return files;
}

function within(roots: readonly string[], path: string, key: string): string {
  const [first] = roots;
  if (first === undefined)
    throw new InputError(`${key}: a control on TCP names no files, unless the proxy has --control-folder`);
  const wanted = resolve(first, path);
  const real = realFile(wanted, key);
  if (roots.some((root) => isBelow(root, real))) return real;
  throw new InputError(`${key}: ${path}: expected a file below ${roots.join(' or ')}`);
}

/** Without symbolic links, wherever they lead; the file itself need not be there yet. */
function realFile(path: string, key: string): string {
  try {
    // A link to what is not there yet would be followed when the file is made.
    const isThere = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
    return isThere ? realpathSync(path) : join(realpathSync(dirname(path)), basename(path));
  } catch (error) {
    throw new InputError(`${key}: ${failureText(error)}`);
  }
}

function isBelow(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && resolve(root, way) === path;
}

function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch (error) {
    throw new InputError(`--control-folder: ${failureText(error)}`);
  }
}
