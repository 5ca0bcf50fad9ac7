/** How people may write the names of messages, options and fields: any case, `-` or `_`, without OPTION_ and OPTION_F_. */
import type { CompiledProtocol, OptionCodec, Space } from './space.ts';

/** The form in which two ways of writing a name are equal. */
export function plainName(name: string): string {
  return name
    .toLowerCase()
    .replaceAll('_', '-')
    .replace(/^(opt(ion)?-)?(f-)?/, '');
}

/** The option that is called so, by name or code. */
export function findOption(space: Space, wanted: string): OptionCodec | undefined {
  if (/^\d+$/.test(wanted)) return space.byCode.get(Number(wanted));
  const plain = plainName(wanted);
  for (const option of space.byCode.values()) if (plainName(option.name) === plain) return option;
  return undefined;
}

/** The type of the message that is called so, by name or number. */
export function findMessageType(protocol: CompiledProtocol, wanted: string): number | undefined {
  if (/^\d+$/.test(wanted)) return Number(wanted) <= 255 ? Number(wanted) : undefined;
  const plain = plainName(wanted);
  for (const message of protocol.messages.values()) {
    if (message.name !== null && plainName(message.name) === plain) return message.code;
  }
  return undefined;
}
