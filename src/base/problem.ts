/**
 * The one shape of "something is not right": decode problems, configuration and dissector-file mistakes and
 * conformance findings. Problems are values that travel with the data; InputError is how a command gives up.
 */

export interface Problem {
  /** Stable kebab-case name, e.g. `option-past-end`. */
  readonly code: string;
  /** Where, in the terms of the thing looked at: option names joined by `/`, or a YAML key path. */
  readonly path: string;
  /** One sentence for people; no trailing newline, control characters escaped by whoever prints it. */
  readonly message: string;
  /** RFC section that is not kept, e.g. `RFC 8156 §5.2`. */
  readonly section?: string;
  /** Octet offset, counted from the start of the thing looked at. */
  readonly offset?: number;
}

/**
 * Bad usage or bad input of a command: printed as one line on stderr, exit code 2, no stack trace.
 * The message says what is wrong, where (file and offset, or YAML line and key) and what was expected.
 */
export class InputError extends Error {
  override readonly name = 'InputError';
  /** Keys and positions that lead to what is wrong, where the input is a tree; whoever knows its lines tells the line. */
  readonly at: readonly (string | number)[];

  constructor(message: string, at: readonly (string | number)[] = []) {
    super(message);
    this.at = at;
  }
}
