/**
 * How far reading has come, on one line of the terminal that is gone at the end. Shown only for what takes long, and
 * only where nothing else is drawn on the same screen: never when lines go to that screen or into a pipe, whose other
 * end may be a pager.
 */
import { fstatSync } from 'node:fs';
import type { CaptureProgress } from '../../capture/options.ts';
import { type ColourDepth, colourDepth, paintLine, span } from '../../render/style.ts';

/** What takes less is over before anybody has read the line. */
const SHOWN_AFTER_MILLIS = 700;
const BETWEEN_MILLIS = 100;
const BAR_COLUMNS_MAX = 40;
const ERASE = '\r\u001b[K';

/** A terminal: a part of `process.stderr`. */
export interface Screen {
  readonly columns?: number;
  write(text: string): unknown;
}

export class ProgressBar {
  private readonly screen: Screen;
  private readonly now: () => number;
  private readonly colour: ColourDepth;
  private began: number;
  private drawn = Number.NEGATIVE_INFINITY;
  private onScreen = false;

  /** `now` counts milliseconds. */
  constructor(screen: Screen, now: () => number, colour: ColourDepth) {
    this.screen = screen;
    this.now = now;
    this.colour = colour;
    this.began = now();
  }

  /** `what`: which of several rounds over the files it is, if there are several. */
  update({ octets, octetsTotal }: CaptureProgress, what = ''): void {
    const now = this.now();
    const elapsed = now - this.began;
    if (octetsTotal === undefined || elapsed < SHOWN_AFTER_MILLIS || now - this.drawn < BETWEEN_MILLIS)
      return;
    this.drawn = now;
    this.onScreen = true;
    const columns = (this.screen.columns ?? 80) - 1;
    const [bar, text] = progressLine(octets, octetsTotal, elapsed, columns, what);
    this.screen.write(ERASE + paintLine([span(bar, 'good'), span(text, 'plain')], this.colour));
  }

  /** The files are read once more from their beginnings. */
  restart(): void {
    this.began = this.now();
  }

  /** Takes the line away, so that something else can be written; the next update brings it back. */
  erase(): void {
    if (this.onScreen) this.screen.write(ERASE);
    this.onScreen = false;
    this.drawn = Number.NEGATIVE_INFINITY;
  }
}

/** A bar, and the words behind it; together no wider than `columns`. */
export function progressLine(
  octets: number,
  total: number,
  elapsedMillis: number,
  columns: number,
  what: string,
): [bar: string, text: string] {
  const share = total === 0 ? 1 : Math.min(octets / total, 1);
  const rate = (octets * 1000) / Math.max(elapsedMillis, 1);
  const left = rate === 0 ? '' : `, ${durationText((total - octets) / rate)} left`;
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  const words = `${percent} of ${sizeText(total)}, ${sizeText(rate)}/s${left}${what === '' ? '' : `, ${what}`}`;
  const width = Math.min(columns - words.length - 2, BAR_COLUMNS_MAX);
  if (width < 4) return ['', words.trimStart().slice(0, Math.max(columns, 0))];
  const done = Math.round(share * width);
  return [`[${'='.repeat(done)}${' '.repeat(width - done)}]`, words];
}

function sizeText(octets: number): string {
  if (octets < 1e6) return `${Math.round(octets / 1e3)} kB`;
  return octets < 1e9 ? `${Math.round(octets / 1e6)} MB` : `${(octets / 1e9).toFixed(1)} GB`;
}

function durationText(seconds: number): string {
  const whole = Math.max(Math.ceil(seconds), 0);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/**
 * A bar on standard error, if that is a terminal on which nothing else is drawn meanwhile. `silent`: nothing is written
 * to standard output before the end.
 */
export function progressBar(silent: boolean): ProgressBar | undefined {
  const { stderr, stdout, env } = process;
  // A dumb terminal cannot take a line away.
  if (!stderr.isTTY || env['TERM'] === 'dumb' || (stdout.isTTY ? !silent : isPipe(stdout.fd)))
    return undefined;
  return new ProgressBar(stderr, () => performance.now(), colourDepth('auto', true, env));
}

function isPipe(descriptor: number): boolean {
  try {
    const status = fstatSync(descriptor);
    return status.isFIFO() || status.isSocket();
  } catch {
    return true;
  }
}
