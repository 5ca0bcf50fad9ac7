/** Where in a tree of keys and positions something is wrong: told by whoever walked there, for whoever knows its lines. */
import { InputError } from './problem.ts';

/** What `read` throws is at this place, or deeper where it says so itself. */
export function located<T>(at: InputError['at'], read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof InputError) throw new InputError(error.message, [...at, ...error.at]);
    throw error;
  }
}
