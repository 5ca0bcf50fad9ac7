/** Names of message types that people write: a slip would choose no message, and nobody would notice. */
import { suggestion } from '../../base/nearest.ts';
import { InputError } from '../../base/problem.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import type { FaultSpec } from './spec.ts';

/** Of all protocols that are known. */
export function messageTypes(dissectors: Dissectors): ReadonlySet<string> {
  return new Set(
    [...dissectors.protocols.values()].flatMap(({ messages }) =>
      [...messages.values()].flatMap(({ name }) => name ?? []),
    ),
  );
}

/** Throws InputError that names a type that does not exist, and the one that was probably meant. */
export function checkTypes({ do: action, types = [] }: FaultSpec, dissectors: Dissectors): void {
  const known = messageTypes(dissectors);
  const strange = types.find((type) => !known.has(type));
  if (strange === undefined) return;
  const hint = suggestion(strange, [...known], 'expected a message type such as BNDUPD');
  throw new InputError(`fault ${action}: there is no message ${strange}${hint}`, ['types']);
}
