/**
 * One server of the lab as a child process of its own: started, killed without warning, started again. Its IPC channel
 * carries nothing; that it closes tells the child that the lab is gone.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { ServerName } from './plan.ts';

/** Milliseconds that a server may take to leave when asked politely. */
const PATIENCE_MILLIS = 5000;

export type ServerNews =
  | { readonly kind: 'started'; readonly processId: number }
  /** One line that the server printed. */
  | { readonly kind: 'line'; readonly text: string }
  /** `asked`: we had told it to go. */
  | { readonly kind: 'ended'; readonly how: string; readonly asked: boolean };

export class ServerProcess {
  readonly name: ServerName;
  private readonly command: readonly string[];
  private readonly tell: (news: ServerNews) => void;
  private child: ChildProcess | undefined;
  private ended: Promise<void> = Promise.resolve();
  private asked = false;

  /** `command` is what Node runs: a script and its arguments. */
  constructor(name: ServerName, command: readonly string[], tell: (news: ServerNews) => void) {
    this.name = name;
    this.command = command;
    this.tell = tell;
  }

  get running(): boolean {
    return this.child !== undefined;
  }

  /** Starts it, unless it runs. */
  start(): void {
    if (this.child !== undefined) return;
    const child = spawn(process.execPath, this.command, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    this.child = child;
    this.asked = false;
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface(stream).on('line', (text) => this.tell({ kind: 'line', text }));
    }
    this.ended = new Promise((resolve) => {
      const over = (how: string) => {
        if (this.child !== child) return;
        this.child = undefined;
        this.tell({ kind: 'ended', how, asked: this.asked });
        resolve();
      };
      child.on('error', (error) => over(error.message));
      child.on('exit', (code, signal) => over(signal ?? `exit code ${code}`));
    });
    if (child.pid !== undefined) this.tell({ kind: 'started', processId: child.pid });
  }

  /** SIGKILL: as if the machine had lost its power. */
  kill(): Promise<void> {
    this.asked = true;
    this.child?.kill('SIGKILL');
    return this.ended;
  }

  /** Asks it to leave; takes it down if it does not. */
  async stop(): Promise<void> {
    this.asked = true;
    this.child?.kill('SIGTERM');
    const timer = setTimeout(() => this.child?.kill('SIGKILL'), PATIENCE_MILLIS);
    await this.ended;
    clearTimeout(timer);
  }
}
