/** What a name of the filter language says of a message, as the texts of a cell. */
import type { Annotations } from '../../dissect/annotations.ts';
import type { Message } from '../../dissect/message.ts';
import type { Named } from '../../filter/names.ts';
import { safeText } from '../../render/escape.ts';

/** One text for each value. Where a value is there as a name and as a number, the name is enough. */
export function cellOf({ field, protocol }: Named, message: Message, notes: Annotations): readonly string[] {
  if (protocol !== undefined && protocol !== message.protocol) return [];
  if (field.print !== undefined) return [field.print(message)];
  const values = field.read(message, notes);
  const words = values.filter((value) => typeof value === 'string');
  return words.length > 0 ? words.map(safeText) : values.map(String);
}
