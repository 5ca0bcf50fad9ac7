/**
 * That nobody else on this machine writes a file: of two recordings in one file neither can be read. A file belongs to the
 * process that holds a socket named after it, which Linux takes back however that process ends; other systems cannot tell.
 */
import { createHash } from 'node:crypto';
import { closeSync, constants, openSync, realpathSync, type Stats, statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { InputError } from '../base/problem.ts';

/**
 * How to give the files back. Rejects with InputError if one of them has a writer, is a pipe that nobody reads, or is `-`: on
 * standard output there are lines.
 */
export async function soleWriter(paths: readonly (string | undefined)[]): Promise<() => void> {
  const held: Server[] = [];
  const giveBack = (): void => {
    for (const server of held) server.close();
  };
  try {
    for (const path of paths) {
      if (path === undefined) continue;
      if (path === '-')
        throw new InputError('"-": expected the name of a file; standard output is for lines');
      const there = statSync(path, { throwIfNoEntry: false });
      if (there?.isFIFO() === true) mustBeRead(path);
      if (process.platform === 'linux' && isFile(there)) held.push(await hold(path));
    }
  } catch (error) {
    giveBack();
    throw error;
  }
  return giveBack;
}

/** What is not there yet will be a file. */
function isFile(there: Stats | undefined): boolean {
  return there?.isFile() !== false;
}

/** To open a pipe without a reader would wait, and nothing could end that. */
function mustBeRead(path: string): void {
  try {
    closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error;
    throw new InputError(`${path}: nobody reads from this pipe; expected its reader to be there first`);
  }
}

function hold(path: string): Promise<Server> {
  const name = `\0leasetap-file-${createHash('sha256').update(wholePath(path)).digest('hex')}`;
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => reject(new InputError(`${path}: another leasetap is writing this file`)));
    server.listen({ path: name }, () => resolve(server.unref()));
  });
}

/** Without symbolic links, as far as there is something already. */
function wholePath(path: string): string {
  for (const [from, rest] of [
    [path, ''],
    [dirname(path), basename(path)],
  ] as const) {
    try {
      return join(realpathSync(from), rest);
    } catch {
      // The file is yet to be made; opening it says what is wrong with the folder.
    }
  }
  return path;
}
