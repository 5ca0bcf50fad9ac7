/**
 * The house rules that a machine can check, over the sources themselves: which room may import which, what the pure
 * rooms may not reach for, sizes, headers, and what must never be committed. Lint checks the length of functions.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const top = fileURLToPath(new URL('..', import.meta.url));

/** docs/architecture.md draws this. A room may always import itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  wire: ['base'],
  dissect: ['base'],
  capture: ['base'],
  tls: ['base'],
  analyze: ['base', 'dissect', 'capture'],
  filter: ['base', 'dissect', 'analyze'],
  failover: ['base', 'wire'],
  control: ['base'],
  server: ['base', 'wire', 'tls', 'failover', 'control'],
  proxy: ['base', 'dissect', 'capture', 'filter', 'analyze', 'control'],
  sim: ['base', 'wire', 'dissect', 'capture', 'filter', 'analyze', 'failover', 'server', 'proxy'],
  render: ['base', 'dissect', 'analyze'],
  tui: ['base', 'dissect', 'analyze', 'render', 'proxy'],
  cli: 'base wire dissect capture tls filter analyze failover control server proxy sim render tui'.split(' '),
};

/** The only files, besides all of cli, that touch files, sockets, timers, clocks, randomness or the terminal. */
const DOES_IO: readonly RegExp[] = [
  /^cli\//,
  /^capture\/(files|decompress|gzip)\.ts$/,
  /^dissect\/load\.ts$/,
  /^tls\/(primitives|key-log-file)\.ts$/,
  /^control\/(http-server|http-client|place|text-file)\.ts$/,
  /^server\/(sockets|driver|tls|config-file)\.ts$/,
  /^server\/store(s\/|-)[\w-]+\.ts$/,
  /^proxy\/(relay|system-clock|recorder-file|judge\/desk|journal\/(host|orders|thread|journal-worker)|tls\/(leg|handshake|terminate|flawed))\.ts$/,
  /^tui\/terminal\.ts$/,
];

/** Packages that stay behind one door. */
const ONLY_IN: Readonly<Record<string, RegExp>> = {
  fzstd: /^capture\/zstd\.ts$/,
  blessed: /^tui\/terminal\.ts$/,
  lmdb: /^server\/store(s\/|-)[\w-]+\.ts$/,
  commander: /^cli\//,
  re2js: /^filter\/pattern\.ts$/,
};

const BANNED_IN_PURE_FILES: readonly RegExp[] = [
  /from 'node:/,
  /\bDate\.now\b/,
  /\bnew Date\(\)/,
  /\bMath\.random\b/,
  /\bset(Timeout|Interval|Immediate)\b/,
  /\bperformance\.now\b/,
  /\bprocess\./,
  /\bBuffer\b/,
  /\bfetch\(/,
  /\bconsole\./,
];

const MAX_LINES = 400;

interface Source {
  /** Relative to src/, with slashes. */
  readonly name: string;
  readonly text: string;
  /** Text without comments, for looking at code alone. */
  readonly code: string;
  readonly imports: readonly string[];
}

const sources: readonly Source[] = filesBelow(join(top, 'src'))
  .filter((path) => path.endsWith('.ts'))
  .map((path) => {
    const text = readFileSync(path, 'utf8');
    const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
    const imports = [...code.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map((match) => match[1] as string);
    return { name: slashed(relative(join(top, 'src'), path)), text, code, imports };
  });

describe('sources', () => {
  it('import only rooms below their own', () => {
    const wrong = sources.flatMap((source) =>
      localImports(source)
        .map((target) => [roomOf(source.name), roomOf(target), target] as const)
        .filter(([from, to]) => from !== to && !(MAY_IMPORT[from] ?? []).includes(to))
        .map(([, , target]) => `${source.name} -> ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('keep to the table that is drawn for people', () => {
    const page = readFileSync(join(top, 'docs/architecture.md'), 'utf8');
    const rows = [...page.matchAll(/^\| `(\w+)` *\|[^|]*\| ([^|]*?) *\|$/gm)];
    const drawn = rows.map(([, room = '', list = '']) => [room, list === 'nothing' ? [] : list.split(', ')]);
    expect(Object.fromEntries(drawn)).toEqual(MAY_IMPORT);
  });

  it('stand behind every door', () => {
    const doors = [...DOES_IO, ...Object.values(ONLY_IN)];
    const unused = doors.filter((door) => !sources.some((source) => door.test(source.name)));
    expect(unused).toEqual([]);
  });

  it('live in a room that this test knows', () => {
    expect(
      sources.map((source) => source.name).filter((name) => MAY_IMPORT[roomOf(name)] === undefined),
    ).toEqual([]);
  });

  it('import in no circle', () => {
    expect(findCircle(new Map(sources.map((source) => [source.name, localImports(source)])))).toEqual([]);
  });

  it('reach for the outside world only behind the doors', () => {
    const wrong = sources
      .filter((source) => !DOES_IO.some((door) => door.test(source.name)))
      .flatMap((source) =>
        BANNED_IN_PURE_FILES.filter((banned) => banned.test(source.code)).map(
          (banned) => `${source.name}: ${banned.source}`,
        ),
      );
    expect(wrong).toEqual([]);
  });

  it('keep packages behind one door', () => {
    const wrong = sources.flatMap((source) =>
      source.imports
        .filter((name) => ONLY_IN[name] !== undefined && !ONLY_IN[name].test(source.name))
        .map((name) => `${source.name}: ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it(`are shorter than ${MAX_LINES} lines`, () => {
    expect(sources.filter((source) => source.text.split('\n').length > MAX_LINES).map((s) => s.name)).toEqual(
      [],
    );
  });

  it('begin by saying what they are', () => {
    const wrong = sources.filter((source) => !source.text.replace(/^#!.*\n/, '').startsWith('/**'));
    expect(wrong.map((source) => source.name)).toEqual([]);
  });

  it('say `private` of what is private', () => {
    const wrong = sources.filter((source) => /(^\s*|\bthis\.|[ *])#[a-z]\w* *[=:;(<]/m.test(source.code));
    expect(wrong.map((source) => source.name)).toEqual([]);
  });

  it('speak in comments of files that are there', () => {
    const known = new Set(sources.map(({ name }) => basename(name)));
    const wrong = sources.flatMap(({ name, text }) =>
      [...text.matchAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm)]
        .flatMap(([comment]) => [...comment.matchAll(/\b[\w.-]+\.ts\b/g)])
        .map(([spoken]) => spoken)
        .filter((spoken) => !known.has(spoken))
        .map((spoken) => `${name}: ${spoken}`),
    );
    expect(wrong).toEqual([]);
  });

  it('are finished', () => {
    const unfinished = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'].join('|')})\\b`);
    expect(sources.filter((source) => unfinished.test(source.text)).map((source) => source.name)).toEqual([]);
  });
});

describe('tests', () => {
  const tests = filesBelow(join(top, 'test')).filter((path) => path.endsWith('.test.ts'));

  it('stand where the source they test stands', () => {
    const known = new Set(sources.map((source) => source.name.replace(/\.ts$/, '')));
    const rooms = new Set(Object.keys(MAY_IMPORT));
    const wrong = tests
      .map((path) => slashed(relative(join(top, 'test'), path)))
      .filter((name) => rooms.has(roomOf(name)))
      .filter((name) => !startsOfName(name.replace(/\.test\.ts$/, '')).some((start) => known.has(start)));
    expect(wrong).toEqual([]);
  });

  it('are all switched on', () => {
    const off = /\b(it|test|describe)\.(skip|only|todo)\(|\bxit\(/;
    expect(tests.filter((path) => off.test(readFileSync(path, 'utf8')))).toEqual([]);
  });
});

describe('the repository', () => {
  const texts = filesBelow(top, new Set(['node_modules', 'dist', 'coverage', '.git']))
    .filter((path) => /\.(ts|md|json|jsonl|ya?ml|mjs|sh)$|[/\\]run$/.test(path))
    .map((path) => ({ name: slashed(relative(top, path)), text: readFileSync(path, 'utf8') }));

  it('names no path of the machine it was written on', () => {
    const path = new RegExp(`(^|[\\s"'\`(=:])/(${['work', 'root', 'wt', 'home/[a-z]'].join('|')})/`, 'm');
    expect(texts.filter(({ text }) => path.test(text)).map(({ name }) => name)).toEqual([]);
  });

  it('links in its documents to files that are there', () => {
    const broken = texts
      .filter(({ name }) => name.endsWith('.md'))
      .flatMap(({ name, text }) =>
        [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)]
          .map((match) => match[1] as string)
          .filter((target) => !existsSync(join(top, dirname(name), target)))
          .map((target) => `${name}: ${target}`),
      );
    expect(broken).toEqual([]);
  });

  it('names no package registry', () => {
    const registry = new RegExp(`${['reg' + 'istry', 'npmjs'].join('\\.')}|"${'reso' + 'lved'}":`);
    expect(texts.filter(({ text }) => registry.test(text)).map(({ name }) => name)).toEqual([]);
  });
});

function filesBelow(folder: string, except: ReadonlySet<string> = new Set()): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (except.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path, except) : entry.isFile() ? [path] : [];
  });
}

function slashed(path: string): string {
  return path.split(sep).join('/');
}

function roomOf(name: string): string {
  return name.includes('/') ? (name.split('/')[0] as string) : '';
}

/** Relative imports as names below src/. */
function localImports(source: Source): string[] {
  return source.imports
    .filter((target) => target.startsWith('.'))
    .map((target) => slashed(join(dirname(source.name), target)));
}

/** `a/b.c.d` may test `a/b.c.d`, `a/b.c` or `a/b`: one source may have several tests. */
function startsOfName(name: string): string[] {
  const parts = name.split('.');
  return parts.map((_, count) => parts.slice(0, count + 1).join('.'));
}

/** The files of one import circle, or none. */
function findCircle(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): string[] => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    if (done.has(name)) return [];
    for (const target of imports.get(name) ?? []) {
      const circle = visit(target, [...path, name]);
      if (circle.length > 0) return circle;
    }
    done.add(name);
    return [];
  };
  for (const name of imports.keys()) {
    const circle = visit(name, []);
    if (circle.length > 0) return circle;
  }
  return [];
}
