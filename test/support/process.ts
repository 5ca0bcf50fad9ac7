/**
 * Real processes for tests that need them: the built program and third parties, with what they print kept and a way to
 * wait for it. Every process dies with the test that started it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export const top = fileURLToPath(new URL('../..', import.meta.url));
export const mainFile = join(top, 'dist/bundle/main.cjs');

/** Milliseconds that a wait lasts unless it says otherwise. */
const PATIENCE = 20_000;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export class Running {
  readonly child: ChildProcess;
  out = '';
  err = '';
  readonly ended: Promise<Ended>;
  private readonly name: string;
  private watchers: (() => void)[] = [];

  constructor(child: ChildProcess, name: string) {
    this.child = child;
    this.name = name;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.out += text;
      this.told();
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.err += text;
      this.told();
    });
    this.ended = new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => {
        resolve({ code, signal, out: this.out, err: this.err });
        this.told();
      });
    });
  }

  /** Whether the process is gone. */
  get over(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Resolves with the first match in what it printed (stdout, then stderr), or fails with all that it printed. */
  async prints(pattern: RegExp, patience = PATIENCE): Promise<RegExpExecArray> {
    const end = performance.now() + patience;
    for (;;) {
      const match = pattern.exec(this.out) ?? pattern.exec(this.err);
      if (match !== null) return match;
      const left = end - performance.now();
      if (left <= 0 || this.over) {
        const how = this.over ? `ended with ${this.child.exitCode ?? this.child.signalCode}` : 'was silent';
        throw new Error(`${this.name} ${how} before printing ${pattern}\n${this.out}\n${this.err}`);
      }
      await this.something(left);
    }
  }

  kill(signal: NodeJS.Signals): Promise<Ended> {
    this.child.kill(signal);
    return this.ended;
  }

  private told(): void {
    const watchers = this.watchers;
    this.watchers = [];
    for (const watcher of watchers) watcher();
  }

  private something(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.watchers.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

/** Starts a program; it is killed, if need be, when the test is over. Not for concurrent tests, which share an end. */
export function start(file: string, args: readonly string[], options: { cwd?: string } = {}): Running {
  const child = spawn(file, args, { cwd: options.cwd ?? top, stdio: ['pipe', 'pipe', 'pipe'] });
  const running = new Running(child, [file, ...args].join(' '));
  onTestFinished(async () => {
    if (!running.over) await running.kill('SIGKILL');
  });
  return running;
}

/** Starts the built leasetap. */
export function leasetap(args: readonly string[], options: { cwd?: string } = {}): Running {
  return start(process.execPath, [builtMain(), ...args], options);
}

/** Milliseconds after which a process that should end by itself is ended. */
const LIFETIME = 60_000;

/** Runs leasetap to its end, with `input` on its stdin. Fit for concurrent tests, too. */
export function runLeasetap(args: readonly string[], input?: Uint8Array): Promise<Ended> {
  const child = spawn(process.execPath, [builtMain(), ...args], {
    cwd: top,
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: LIFETIME,
    killSignal: 'SIGKILL',
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return new Running(child, `leasetap ${args.join(' ')}`).ended;
}

function builtMain(): string {
  if (!existsSync(mainFile)) throw new Error('these tests run the built program: npm run build');
  return mainFile;
}

/** A directory of its own for one test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'leasetap-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A loopback TCP port that nobody listens on at the moment. */
export function freePort(host = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, host, () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === 'object' ? resolve(address.port) : reject(),
      );
    });
  });
}
