/**
 * Start-up without compiling: the bundle has one file with what `read` needs, and beside it what V8 made of that file
 * when it was built. Node 22.1 and later keep compiled code themselves, in the folder for temporary files. Where neither
 * is at hand, or V8 is another one, files are compiled as always: slower by a tenth of a second, and nothing else.
 */
import { readFileSync } from 'node:fs';
import module from 'node:module';
import { dirname, join } from 'node:path';
import { constants, Script } from 'node:vm';

/** The file of the bundle, and what is added to its name for the one with its code. */
export const CORE_FILE = 'core.cjs';
export const CODE_SUFFIX = '.code';

/** Of the class that Node keeps loaded files in; its types name only a part. */
interface LoadedFile {
  exports: unknown;
  filename: string;
  loaded: boolean;
}
type ModuleClass = new (id: string) => LoadedFile;

/** In the bundle, which lies in `folder`: makes the next `require` of its main file find it loaded. */
export function useCompiledCode(folder: string): void {
  const { enableCompileCache } = module as { enableCompileCache?: () => unknown };
  if (enableCompileCache !== undefined) {
    enableCompileCache();
    return;
  }
  const path = join(folder, CORE_FILE);
  const code = codeOf(path);
  if (code === undefined) return;
  const script = compile(path, code);
  if (script.cachedDataRejected !== true) load(path, script);
}

/** The file at `path` as V8 sees it; `code` is what it made of the same file before. */
export function compile(path: string, code?: Buffer): Script {
  return new Script(module.wrap(readFileSync(path, 'utf8')), {
    filename: path,
    ...(code === undefined ? {} : { cachedData: code }),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
}

/** Runs a compiled file as `require` would, which finds it from now on. Returns what it exports. */
export function load(path: string, script: Script): unknown {
  const require = module.createRequire(path);
  const file = new (module as unknown as ModuleClass)(path);
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
