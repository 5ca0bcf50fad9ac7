/** Assertions for our own mistakes. They stay on in production; bytes from outside never reach them. */

export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Throws InvariantError unless `condition` holds. `text` says what must have been true. */
export function invariant(condition: unknown, text: string): asserts condition {
  if (!condition) throw new InvariantError(text);
}
