/** A second at a time, for views that count down; not for anything that has to be exact. */

/** Calls `then` once a second until what it returns is called; keeps no process alive. */
export function eachSecond(then: () => void): () => void {
  const timer = setInterval(then, 1000);
  timer.unref();
  return () => clearInterval(timer);
}
