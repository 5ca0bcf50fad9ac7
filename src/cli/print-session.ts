/** Prints a live session as lines on stdout until it is told to end, or until nobody reads them any more. */
import type { Session } from '../tui/session.ts';
import { colourOfOutput } from './colour.ts';
import { Output } from './output.ts';
import { sessionLines } from './session-lines.ts';

export interface Course {
  /** Called when its first line would be seen. */
  readonly begin?: () => Promise<void>;
  /** Called when it is to end; what still happens then is printed too. */
  readonly end: () => Promise<void>;
}

export async function printSession(session: Session, ends: AbortSignal, course: Course): Promise<void> {
  const out = new Output(process.stdout);
  const lines = sessionLines(colourOfOutput('auto'));
  // What happens in one go is written in one go.
  let soon = false;
  const flushSoon = (): void => {
    if (soon) return;
    soon = true;
    setImmediate(() => {
      soon = false;
      void out.flush();
    });
  };
  const stop = session.subscribe((item) => {
    for (const line of lines.of(item, Date.now())) out.line(line);
    flushSoon();
  });
  await new Promise<void>((resolve, reject) => {
    ends.addEventListener('abort', () => resolve());
    process.stdout.on('error', () => resolve());
    course.begin?.().catch(reject);
    if (ends.aborted) resolve();
  });
  await course.end();
  stop();
  await out.flush();
}
