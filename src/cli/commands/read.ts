/** `leasetap read`: captures in, messages out. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ProtocolName } from '../../base/frame.ts';
import { fileSource, streamSource } from '../../capture/files.ts';
import { readCapture } from '../../capture/read.ts';
import type { CaptureSource } from '../../capture/source.ts';
import { loadDissectors } from '../../dissect/load.ts';
import { type DecodeAs, MessageReader } from '../../dissect/reader.ts';
import { colourDepth } from '../../render/style.ts';
import { TEXT_COLUMNS } from '../../render/text.ts';
import { wholeNumber } from '../arguments.ts';
import { EXIT_BAD_INPUT } from '../exit-code.ts';
import { onInterrupt, type StopSignal, signalExitCode } from '../interrupt.ts';
import { Output } from '../output.ts';
import { type FormatName, formatOption, makeFormat } from '../read/formats.ts';
import { ReadReport } from '../read/report.ts';

interface Options {
  readonly type: FormatName;
  readonly hex?: boolean;
  readonly columns?: string;
  readonly color: 'auto' | 'always' | 'never';
  readonly port: readonly number[];
  readonly decodeAs: readonly DecodeAs[];
}

const PROTOCOLS: readonly ProtocolName[] = [
  'dhcpv6-failover',
  'dhcpv4-failover',
  'dhcpv6-leasequery',
  'dhcpv6',
];

const HELP = `
Reads pcap and pcapng, plain or compressed; several files are merged by time, and - is standard input.
Connections are found on any port by what they carry. What cannot be read is told on stderr.

Columns of -T text (-o): ${[...TEXT_COLUMNS.values()].map(({ name }) => name).join(', ')}.

Examples:
  leasetap read capture.pcapng
  leasetap read -T tree -x capture.pcapng | less
  leasetap read -T jsonl capture.pcapng | jq 'select(.msg_name == "BNDUPD")'
  leasetap read -o time,conn,dir,type,info before.pcap after.pcap
  tcpdump -i eth0 -U -w - port 647 | leasetap read -

Exit status: 0 everything was read, 2 a file is damaged or is no capture.`;

export function register(program: Command): void {
  program
    .command('read')
    .description('print the messages of captures')
    .argument('<files...>', 'capture files; - for standard input')
    .addOption(formatOption)
    .option('-x, --hex', 'octets of each message below it')
    .option('-o, --columns <names>', 'columns of -T text, separated by commas')
    .option('--port <number>', 'expect failover on this TCP port too; may be given several times', ports, [])
    .option('--decode-as <port=protocol>', 'read a port as one protocol, whatever it carries', decodeAs, [])
    .addOption(new Option('--color <when>', 'colours').choices(['auto', 'always', 'never']).default('auto'))
    .addHelpText('after', HELP)
    .action(runRead);
}

async function runRead(files: readonly string[], options: Options): Promise<void> {
  const interrupt = onInterrupt();
  const out = new Output(process.stdout);
  const report = new ReadReport((line) => process.stderr.write(`leasetap: ${line}\n`));
  const format = makeFormat(
    {
      type: options.type,
      hex: options.hex === true,
      columns: options.columns,
      colour: colourDepth(options.color, process.stdout.isTTY === true, process.env),
    },
    out,
  );
  let messages = 0;
  const reader = new MessageReader(
    loadDissectors(),
    {
      onMessage: (message) => {
        messages++;
        format(message);
      },
      onNotice: (notice) => report.notice(notice),
    },
    { ports: options.port, decodeAs: options.decodeAs },
  );
  const stop = new AbortController();
  interrupt.signal.addEventListener('abort', () => stop.abort());
  const summary = await readCapture(
    files.map((file) => (file === '-' ? standardInput(stop.signal, () => out.flush()) : fileSource(file))),
    reader,
    {
      signal: stop.signal,
      afterChunk: async () => {
        await out.flush();
        if (out.closed) stop.abort();
      },
    },
  );
  await out.flush();
  interrupt.release();
  if (interrupt.signal.aborted) process.exitCode = signalExitCode(interrupt.signal.reason as StopSignal);
  else if (!out.closed && !report.close(summary, messages)) process.exitCode = EXIT_BAD_INPUT;
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

function portNumber(text: string): number {
  const port = wholeNumber(text);
  if (port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError('expected a port from 1 to 65535.');
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
