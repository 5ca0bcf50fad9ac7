/**
 * Start-up without compiling: the bundle has one file with what `read` needs, one for its threads, and beside each what V8
 * made of it when it was built. Node 22.1 and later keep compiled code themselves, in the folder for temporary files. Where
 * neither is at hand, or V8 is another one, files are compiled as always: slower by a tenth of a second, and nothing else.
 */
import { readFileSync } from 'node:fs';
import { Module } from 'node:module';
import { dirname, join } from 'node:path';
import { constants, Script } from 'node:vm';

/** The files of the bundle: what `read` needs, and what threads that print need. */
export const CORE_FILE = 'core.cjs';
export const PRINTING_FILE = 'print-core.cjs';
/** What is added to their names for those with their code. */
export const CODE_SUFFIX = '.code';

/** Of the class that Node keeps loaded files in; its types name only a part. */
interface LoadedFile {
  exports: unknown;
  filename: string;
  loaded: boolean;
}
type ModuleClass = new (id: string) => LoadedFile;

/** In the bundle, which lies in `folder`: makes the next `require` of a file there find it loaded. */
export function useCompiledCode(folder: string, name: string): void {
  const { enableCompileCache } = Module as { enableCompileCache?: () => unknown };
  if (enableCompileCache !== undefined) {
    enableCompileCache();
    return;
  }
  const path = join(folder, name);
  const code = codeOf(path);
  if (code === undefined) return;
  const script = compile(path, code);
  if (script.cachedDataRejected !== true) load(path, script);
}

/** The file at `path` as V8 sees it; `code` is what it made of the same file before. */
export function compile(path: string, code?: Buffer): Script {
  return new Script(Module.wrap(readFileSync(path, 'utf8')), {
    filename: path,
    ...(code === undefined ? {} : { cachedData: code }),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
}

/** Runs a compiled file as `require` would, which finds it from now on. Returns what it exports. */
export function load(path: string, script: Script): unknown {
  const require = Module.createRequire(path);
  const file = new (Module as unknown as ModuleClass)(path);
  file.filename = path;
  require.cache[path] = file as NodeJS.Module;
  script.runInThisContext().call(file.exports, file.exports, require, file, path, dirname(path));
  file.loaded = true;
  return file.exports;
}

function codeOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path + CODE_SUFFIX);
  } catch {
    return undefined;
  }
}
