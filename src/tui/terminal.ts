/**
 * The one file that owns the terminal: keys in, frames out, and the terminal as it was before, however this ends.
 * blessed reads the keys (its widgets are too slow for long lists and its tables of character widths too old for
 * drawing); frames are our own lines, written where they differ from what is on the screen, within a synchronized
 * update, at most twenty times a second. No terminfo is read: the sequences used are those of every terminal since
 * the VT220, under tmux and screen too.
 */
import type { ReadStream, WriteStream } from 'node:tty';
import blessed from 'blessed';
import { InputError } from '../base/problem.ts';
import { inAscii, takesUnicode } from '../render/ascii.ts';
import type { ColourRule } from '../render/colour-rules.ts';
import { type ColourDepth, type Line, paintLine } from '../render/style.ts';
import { didYouMean } from './commands.ts';
import { hasWork, setFilter } from './filtering.ts';
import type { FilterCompiler } from './history.ts';
import { type Effect, initialModel, type Model, type Size } from './model.ts';
import type { Session } from './session.ts';
import { type Input, update } from './update.ts';
import { view } from './view.ts';

const FRAME_MILLIS = 50;
const TICK_MILLIS = 1_000;
const RESIZE_MILLIS = 60;

/** Alternate screen, no cursor, no wrapping at the right edge. */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J';
/** Ends a synchronized update that was cut short, too. */
const LEAVE = '\x1b[?2026l\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l';
const BEGIN_FRAME = '\x1b[?2026h';
const END_FRAME = '\x1b[0m\x1b[?2026l';

export interface TuiOptions {
  readonly input: ReadStream;
  readonly output: WriteStream;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Absent: the UI has no filters. */
  readonly compileFilter?: FilterCompiler;
  /** How messages look in the list; the first rule that fits counts. */
  readonly colourRules?: readonly ColourRule[];
  /** The filter to begin with. It must compile. */
  readonly filter?: string;
  /** Aborted when the program shall end: the terminal is restored and `runTui` returns. */
  readonly signal: AbortSignal;
}

/** Shows the session until the user quits or the signal is aborted. The terminal is as before when this returns. */
export async function runTui(session: Session, options: TuiOptions): Promise<void> {
  const terminal = new Terminal(options);
  const done = new Promise<void>((resolve) => {
    const ui = new Ui(session, terminal, options, resolve);
    options.signal.addEventListener('abort', () => ui.close(), { once: true });
    if (options.signal.aborted) ui.close();
  });
  try {
    await done;
  } finally {
    terminal.close();
  }
}

class Ui {
  private readonly session: Session;
  private readonly terminal: Terminal;
  private readonly finished: () => void;
  private readonly unsubscribe: () => void;
  private readonly ticking: NodeJS.Timeout;
  private frame: NodeJS.Timeout | undefined;
  private working: NodeJS.Immediate | undefined;
  private model: Model;
  private closed = false;

  constructor(session: Session, terminal: Terminal, options: TuiOptions, finished: () => void) {
    const { compileFilter, colourRules, filter = '' } = options;
    this.session = session;
    this.terminal = terminal;
    this.finished = finished;
    const { title, live } = session;
    const { rows } = session;
    const facts = { title, live, canFault: session.faults !== undefined, compileFilter, colourRules, rows };
    this.model = setFilter(initialModel(facts, terminal.size(), Date.now()), filter);
    terminal.onKey = (key, character) =>
      this.take(character === undefined ? { kind: 'key', key } : { kind: 'key', key, character });
    terminal.onResize = (size) => this.take({ kind: 'resize', size });
    this.ticking = setInterval(() => this.take({ kind: 'tick', nowMillis: Date.now() }), TICK_MILLIS);
    this.unsubscribe = session.subscribe((item) => this.take({ kind: 'item', item }));
    this.draw();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.unsubscribe();
    clearInterval(this.ticking);
    clearTimeout(this.frame);
    clearImmediate(this.working);
    this.finished();
  }

  private take(input: Input): void {
    if (this.closed) return;
    const [next, effects] = update(this.model, input);
    this.model = next;
    for (const effect of effects) this.carryOut(effect);
    this.frame ??= setTimeout(() => this.draw(), FRAME_MILLIS);
    // Keys and what the session tells come in between.
    if (hasWork(next)) this.working ??= setImmediate(() => this.work());
  }

  private work(): void {
    this.working = undefined;
    this.take({ kind: 'work' });
  }

  private draw(): void {
    this.frame = undefined;
    if (this.closed) return;
    if (this.terminal.busy()) this.frame = setTimeout(() => this.draw(), FRAME_MILLIS);
    else this.terminal.show(view(this.model));
  }

  private carryOut(effect: Effect): void {
    if (effect.kind === 'quit') this.close();
    else {
      this.perform(effect).then(
        (text) => this.take({ kind: 'answer', text, alarming: false }),
        (error: unknown) => this.take({ kind: 'answer', text: reasonOf(error), alarming: true }),
      );
    }
  }

  /** What none of our commands is may be one of the session. */
  private async hand(line: string): Promise<string> {
    try {
      if (this.session.command === undefined) throw new InputError(`unknown command "${line}"`);
      return await this.session.command(line);
    } catch (error) {
      throw new InputError(reasonOf(error) + didYouMean(line));
    }
  }

  private async perform(effect: Exclude<Effect, { kind: 'quit' }>): Promise<string> {
    const { faults } = this.session;
    if (effect.kind === 'command') return this.hand(effect.line);
    if (faults === undefined) throw new InputError('nothing can be faulted here');
    if (effect.kind === 'arm') {
      const fault = await faults.arm(effect.spec);
      return `${fault.id} armed: ${fault.sentence}`;
    }
    for (const id of effect.ids) await faults.remove(id);
    return `removed ${effect.ids.join(', ')}`;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What blessed tells of a key. */
interface Key {
  readonly full?: string;
}

class Terminal {
  onKey: (key: string, character: string | undefined) => void = () => {};
  onResize: (size: Size) => void = () => {};
  private readonly depth: ColourDepth;
  private readonly unicode: boolean;
  private readonly input: ReadStream;
  private readonly output: WriteStream;
  private readonly keys: blessed.BlessedProgram;
  private readonly restore = (): void => this.leave();
  private readonly resized = (): void => {
    clearTimeout(this.resizing);
    this.resizing = setTimeout(() => {
      this.shown = [];
      this.output.write('\x1b[2J');
      this.onResize(this.size());
    }, RESIZE_MILLIS);
  };
  private readonly continued = (): void => this.enter();
  private resizing: NodeJS.Timeout | undefined;
  private shown: string[] = [];
  private entered = false;

  constructor(options: TuiOptions) {
    const { input, output, environment } = options;
    this.input = input;
    this.output = output;
    this.depth = (environment['NO_COLOR'] ?? '') === '' ? '256' : 'mono';
    this.unicode = takesUnicode(environment);
    output.on('error', ignore);
    const settings = { input, output, tput: false, terminal: 'xterm-256color' };
    this.keys = blessed.program(settings as unknown as blessed.Widgets.IScreenOptions);
    this.keys.on('keypress', (character: string | undefined, key: Key) => this.pressed(character, key));
    output.on('resize', this.resized);
    process.on('exit', this.restore);
    process.on('uncaughtExceptionMonitor', this.restore);
    process.on('SIGCONT', this.continued);
    this.enter();
  }

  size(): Size {
    return { columns: this.output.columns || 80, rows: this.output.rows || 24 };
  }

  /** Whether the last frame is still on its way: a slow line gets fewer frames. */
  busy(): boolean {
    return this.output.writableNeedDrain;
  }

  /** Writes the lines that changed since the last frame. */
  show(lines: readonly Line[]): void {
    let frame = '';
    const painted = lines.map((line) => paintLine(this.unicode ? line : inAscii(line), this.depth));
    for (const [at, line] of painted.entries()) {
      if (this.shown[at] !== line) frame += `\x1b[${at + 1};1H\x1b[0m${line}`;
    }
    this.shown = painted;
    if (frame !== '' && this.entered) this.output.write(`${BEGIN_FRAME}${frame}${END_FRAME}`);
  }

  close(): void {
    clearTimeout(this.resizing);
    this.leave();
    this.output.off('resize', this.resized);
    process.off('exit', this.restore);
    process.off('uncaughtExceptionMonitor', this.restore);
    process.off('SIGCONT', this.continued);
    this.keys.destroy();
    setImmediate(() => this.output.off('error', ignore));
  }

  private pressed(character: string | undefined, key: Key): void {
    const name = key.full ?? character;
    // blessed tells Enter twice, as `enter` and as `return`.
    if (name === undefined || name === 'return') return;
    if (name === 'C-z') this.suspend();
    else this.onKey(name === 'linefeed' ? 'enter' : name, character);
  }

  private suspend(): void {
    this.leave();
    process.kill(process.pid, 'SIGTSTP');
  }

  private enter(): void {
    if (this.entered) return;
    this.entered = true;
    this.shown = [];
    this.input.setRawMode(true);
    this.output.write(ENTER);
    this.onResize(this.size());
  }

  private leave(): void {
    if (!this.entered) return;
    this.entered = false;
    this.output.write(LEAVE);
    try {
      this.input.setRawMode(false);
    } catch {
      // The terminal is gone; there is nothing left to restore.
    }
  }
}

/** A terminal that went away says so by a signal; its write errors say nothing more. */
function ignore(): void {}
