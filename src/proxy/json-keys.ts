/**
 * Names in the JSON of the control: with underscores, as in the JSON of messages and of findings, where our code writes
 * them in one word. What users have named themselves stays as it is.
 */

/** What is below these keys is as its user gave it. */
const VERBATIM: readonly string[] = ['parameters'];

/** A value for JSON.stringify: `heldOctets` becomes `held_octets`. */
export function toJsonKeys(value: unknown): unknown {
  return renamed(value, (key) =>
    /^[a-z][A-Za-z0-9]*$/.test(key) ? key.replace(/[A-Z]/g, underscored) : key,
  );
}

/** What `toJsonKeys` was given. */
export function fromJsonKeys(value: unknown): unknown {
  return renamed(value, (key) => (/^[a-z][a-z0-9_]*$/.test(key) ? key.replace(/_[a-z]/g, capital) : key));
}

function underscored(letter: string): string {
  return `_${letter.toLowerCase()}`;
}

function capital(pair: string): string {
  return (pair[1] as string).toUpperCase();
}

function renamed(value: unknown, rename: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      rename(key),
      VERBATIM.includes(key) ? item : renamed(item, rename),
    ]),
  );
}
