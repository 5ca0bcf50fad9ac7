/**
 * Captures to messages, for every command that reads them: packets, TLS taken off where the keys are known, messages.
 * Keys come from the key log that the user names and from the secrets blocks of the captures themselves.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { InputError } from '../../base/problem.ts';
import { failureText } from '../../base/system-error.ts';
import type { CaptureOptions } from '../../capture/options.ts';
import { SECRETS_TLS_KEY_LOG } from '../../capture/pcapng-format.ts';
import { readCapture } from '../../capture/read.ts';
import type { CaptureSource } from '../../capture/source.ts';
import type { CaptureSummary } from '../../capture/summary.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import { MessageReader, type ReaderEvents, type ReaderOptions } from '../../dissect/reader.ts';
import { KeyLog } from '../../tls/key-log.ts';
import { TlsStage } from '../../tls/stage.ts';

export interface MessageOptions extends ReaderOptions {
  /** Path of a key log (NSS format). */
  readonly tlsKeylog?: string;
}

/** Octets of a key log that are read at once. */
const CHUNK_OCTETS = 1024 * 1024;

/** @throws InputError for a file that cannot be read, or that is no capture or no key log */
export async function readMessages(
  sources: readonly CaptureSource[],
  dissectors: Dissectors,
  events: ReaderEvents,
  options: MessageOptions = {},
  capture: CaptureOptions = {},
): Promise<CaptureSummary> {
  const keys = options.tlsKeylog === undefined ? new KeyLog() : keyLogOf(options.tlsKeylog);
  const reader = new MessageReader(dissectors, events, { ...options, tlsTakenOff: true });
  return await readCapture(sources, new TlsStage(reader, keys), {
    ...capture,
    onSecrets: ({ kind, bytes }) => {
      if (kind === SECRETS_TLS_KEY_LOG) keys.add(new TextDecoder().decode(bytes));
    },
  });
}

/** A key log that is read again when it may have grown: its connections may be going on. */
function keyLogOf(path: string): KeyLog {
  let octetsRead = 0;
  const more = (): string => {
    const { text, octets } = linesFrom(path, octetsRead);
    octetsRead += octets;
    return text;
  };
  const keys = new KeyLog(more);
  const begun = more();
  if (keys.add(begun) === 0 && begun !== '') {
    throw new InputError(
      `${path}: no secret of TLS in it; expected lines such as CLIENT_RANDOM … (NSS key log)`,
    );
  }
  return keys;
}

/** The whole lines of a file from an offset on, and how many octets they are. @throws InputError */
function linesFrom(path: string, from: number): { readonly text: string; readonly octets: number } {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const parts: Buffer[] = [];
    for (let at = from; ; ) {
      const part = Buffer.alloc(CHUNK_OCTETS);
      const length = readSync(file, part, 0, part.length, at);
      if (length === 0) break;
      parts.push(part.subarray(0, length));
      at += length;
    }
    const all = Buffer.concat(parts);
    const whole = all.subarray(0, all.lastIndexOf('\n') + 1);
    return { text: whole.toString('latin1'), octets: whole.length };
  } catch (error) {
    throw new InputError(failureText(error, path));
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
