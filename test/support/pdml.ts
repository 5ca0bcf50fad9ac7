/**
 * What tshark reads in a capture, by place: each field of a dissection with where its octets stand, counted from the
 * beginning of the message. Names are Wireshark's own, so only places and what is shown there are compared with ours.
 */
import { spawnSync } from 'node:child_process';

export interface ShownField {
  readonly name: string;
  readonly at: number;
  readonly size: number;
  readonly show: string;
  /** Hex of the octets. */
  readonly octets: string;
}

/** One message in the eyes of tshark. */
export interface ShownMessage {
  readonly packet: number;
  readonly size: number;
  readonly fields: readonly ShownField[];
}

/** Messages of a protocol of Wireshark's (`dhcpv6`, `dhcpfo`), in order. @throws if tshark cannot read the file */
export function shownByTshark(file: string, protocol: string, ...options: string[]): ShownMessage[] {
  const args = ['-n', '-r', file, '-T', 'pdml', '-Y', protocol, ...options];
  const run = spawnSync('tshark', args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, TZ: 'UTC' },
  });
  if (run.status !== 0) throw new Error(run.stderr);
  const messages: ShownMessage[] = [];
  let packet = 0;
  let fields: ShownField[] | undefined;
  let from = 0;
  let depth = 0;
  // Texts may hold line breaks, but no angle brackets.
  for (const [line] of run.stdout.matchAll(/<[^>]+>/g)) {
    const attribute = (name: string): string =>
      plainText(new RegExp(` ${name}="([^"]*)"`).exec(line)?.[1] ?? '');
    if (line.includes('<field name="num"')) packet = Number(attribute('show'));
    else if (line.includes('</proto>')) {
      depth--;
      if (depth === 0) fields = undefined;
    } else if (line.includes('<proto ')) {
      // One that stands in another belongs to it: a message inside an option.
      if (!line.includes('/>')) depth++;
      if (depth > 1 || attribute('name') !== protocol) continue;
      fields = [];
      from = Number(attribute('pos'));
      messages.push({ packet, size: Number(attribute('size')), fields });
    } else if (fields !== undefined && line.includes('<field ')) {
      fields.push({
        name: attribute('name'),
        at: Number(attribute('pos')) - from,
        size: Number(attribute('size')),
        show: attribute('show'),
        octets: attribute('value'),
      });
    }
  }
  return messages;
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

function plainText(text: string): string {
  return text.replace(/&(\w+);/g, (whole, name: string) => ENTITIES[name] ?? whole);
}
