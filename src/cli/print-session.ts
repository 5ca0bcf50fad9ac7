/** Prints a live session as lines on stdout until it is told to end, or until nobody reads them any more. */
import { colourDepth } from '../render/style.ts';
import type { Session } from '../tui/session.ts';
import { Output } from './output.ts';
import { sessionLines } from './session-lines.ts';

/**
 * `begin` is called when the first line would be seen. What still happens while `end` closes everything is printed too.
 */
export async function printSession(
  session: Session,
  ends: AbortSignal,
  end: () => Promise<void>,
  begin: () => void = () => undefined,
): Promise<void> {
  const out = new Output(process.stdout);
  const lines = sessionLines(colourDepth('auto', process.stdout.isTTY === true, process.env));
  const stop = session.subscribe((item) => {
    for (const line of lines.of(item, Date.now())) out.line(line);
    void out.flush();
  });
  await new Promise<void>((resolve) => {
    ends.addEventListener('abort', () => resolve());
    process.stdout.on('error', () => resolve());
    begin();
    if (ends.aborted) resolve();
  });
  await end();
  stop();
  await out.flush();
}
