/**
 * Captures in, for every command that reads them: the options that say how, the run over the files, and how it ends.
 * A run is interrupted by signals and by a reader of our output that has had enough; damage is told at the end.
 */
import { type Command, InvalidArgumentError } from 'commander';
import type { ProtocolName } from '../../base/frame.ts';
import { recyclingFileSource, streamSource } from '../../capture/files.ts';
import type { CaptureOptions as CaptureHooks, CaptureProgress, TakenPacket } from '../../capture/options.ts';
import type { CaptureSource } from '../../capture/source.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import type { Message } from '../../dissect/message.ts';
import type { Notice } from '../../dissect/notice.ts';
import type { DecodeAs } from '../../dissect/reader.ts';
import { V4Roles } from '../../dissect/v4-roles.ts';
import { safeText } from '../../render/escape.ts';
import { gather, portNumber } from '../arguments.ts';
import { EXIT_BAD_INPUT } from '../exit-code.ts';
import { onInterrupt, type StopSignal, signalExitCode } from '../interrupt.ts';
import type { Output } from '../output.ts';
import { readMessages } from './messages.ts';
import { progressBar } from './progress.ts';
import { ReadReport } from './report.ts';

export interface CaptureOptions {
  readonly port: readonly number[];
  readonly decodeAs: readonly DecodeAs[];
  readonly interface: readonly string[];
  readonly tlsKeylog?: string;
}

const PROTOCOLS: readonly ProtocolName[] = [
  'dhcpv6-failover',
  'dhcpv4-failover',
  'dhcpv6-leasequery',
  'dhcpv6',
];

/** Files and how to read them. */
export function withCaptureOptions(command: Command, files = '<files...>'): Command {
  return command
    .argument(files, 'capture files; - for standard input')
    .option('--port <number>', 'expect failover on this TCP port too; may be given several times', ports, [])
    .option('--decode-as <port=protocol>', 'read a port as one protocol, whatever it carries', decodeAs, [])
    .option(
      '-i, --interface <name>',
      'only packets of this pcapng interface, by name or number; may be given several times',
      gather,
      [],
    )
    .option(
      '--tls-keylog <file>',
      'secrets of TLS connections (NSS key log); those in the captures are used anyway',
    );
}

/** What a round over the files gets. */
export interface Round {
  /** The message is overwritten by the next one. */
  readonly onMessage: (message: Message) => void;
  readonly onPacket?: (packet: TakenPacket) => void;
  /** What was remarked about connections; in the last round beside what is told on stderr. */
  readonly onNotice?: (notice: Notice) => void;
  /** After the last message; not called if the run was cut short. */
  readonly onEnd?: () => void;
}

export interface CaptureJob extends Round {
  readonly files: readonly string[];
  readonly options: CaptureOptions;
  readonly dissectors: Dissectors;
  readonly out: Output;
  /** Reads the files once more before, for each of them. Standard input cannot be read twice. */
  readonly earlier?: readonly Round[] | undefined;
  /** Between pieces of work, in all rounds, to wait for what takes the messages; without it for the output alone. */
  readonly pause?: (progress: CaptureProgress) => Promise<void>;
  /** Before waiting for octets that have not come yet: hands over what was told; without it to the output. */
  readonly flush?: () => Promise<void>;
  /** Said when the run is to be cut short: the promises of `pause` and `flush` are not to be waited for. */
  readonly hurry?: () => void;
  /** After the last message, also if the run was cut short (not `whole`): what was told is to be handed to the output. */
  readonly finish?: (whole: boolean) => Promise<void>;
  /** Nothing is written before `onEnd`. */
  readonly silent?: boolean;
  /** Whether the rest needs not be read. */
  readonly enough?: () => boolean;
  /** Octets of a file that are read at once, where the usual is too much between two pauses. */
  readonly chunkOctets?: number;
}

/** Runs over the files and sets the exit code. @throws InputError for a file that cannot be opened */
export async function readCaptures(job: CaptureJob): Promise<void> {
  const { files, options, dissectors, out } = job;
  const interrupt = onInterrupt();
  const stop = new AbortController();
  interrupt.signal.addEventListener('abort', () => {
    stop.abort();
    job.hurry?.();
    out.hurry();
  });
  const bar = progressBar(job.silent === true);
  const report = new ReadReport((line) => {
    bar?.erase();
    process.stderr.write(`leasetap: ${safeText(line)}\n`);
  });
  const readerOptions = { ...options, overwrite: true, v4Roles: new V4Roles() };
  const { earlier = [] } = job;
  for (const [at, round] of earlier.entries()) {
    await readMessages(
      files.map((file) => recyclingFileSource(file)),
      dissectors,
      round,
      readerOptions,
      {
        ...hooks(round),
        signal: stop.signal,
        interfaces: options.interface,
        afterChunk: async (progress) => {
          await job.pause?.(progress);
          bar?.update(progress, roundText(at, earlier.length));
        },
      },
    );
    if (!stop.signal.aborted) round.onEnd?.();
    bar?.restart();
  }
  let messages = 0;
  const onMessage = (message: Message): void => {
    messages++;
    job.onMessage(message);
  };
  const summary = await readMessages(
    files.map((file) =>
      file === '-'
        ? standardInput(stop.signal, () => job.flush?.() ?? out.flush())
        : recyclingFileSource(file, job.chunkOctets),
    ),
    dissectors,
    {
      onMessage,
      onNotice: (notice) => {
        report.notice(notice);
        job.onNotice?.(notice);
      },
    },
    readerOptions,
    {
      ...hooks(job),
      signal: stop.signal,
      interfaces: options.interface,
      afterChunk: async (progress) => {
        await (job.pause?.(progress) ?? out.flush());
        bar?.update(progress, roundText(earlier.length, earlier.length));
        if (out.closed || job.enough?.() === true) stop.abort();
      },
    },
  );
  bar?.erase();
  const whole = !stop.signal.aborted || job.enough?.() === true;
  await job.finish?.(whole);
  if (whole) job.onEnd?.();
  await out.flush();
  report.interfaces(summary, options.interface);
  interrupt.release();
  if (interrupt.signal.aborted) {
    process.exitCode = signalExitCode(interrupt.signal.reason as StopSignal);
    // What the reader does not take would keep the process alive.
    if (!(await out.isTaken())) process.exit();
  } else if (!out.closed && !report.close(summary, messages)) process.exitCode = EXIT_BAD_INPUT;
}

function hooks({ onPacket }: Round): Pick<CaptureHooks, 'onPacket'> {
  return onPacket === undefined ? {} : { onPacket };
}

/** Which of several rounds over the files it is; `at` counts from 0. */
function roundText(at: number, earlier: number): string {
  return earlier === 0 ? '' : `round ${at + 1} of ${earlier + 1}`;
}

/**
 * Ends when the signal comes, too: nobody can say how long a silent pipe stays silent. `starving` is called when all
 * that has come was used.
 */
function standardInput(signal: AbortSignal, starving: () => Promise<void>): CaptureSource {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    signal.addEventListener('abort', () => process.stdin.destroy());
    try {
      await starving();
      for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) {
        yield chunk;
        await starving();
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
  return streamSource('standard input', chunks());
}

function ports(text: string, before: readonly number[]): readonly number[] {
  return [...before, portNumber(text)];
}

function decodeAs(text: string, before: readonly DecodeAs[]): readonly DecodeAs[] {
  const [port = '', name = ''] = text.split('=', 2);
  const protocol = PROTOCOLS.find((known) => known === name);
  if (protocol === undefined) {
    throw new InvalidArgumentError(`expected PORT=PROTOCOL with one of ${PROTOCOLS.join(', ')}.`);
  }
  return [...before, { port: portNumber(port), protocol }];
}
