/** `leasetap read`: captures in; messages, statistics or the UI out. */
import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { type Command, Option } from 'commander';
import { InputError } from '../../base/problem.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import type { Filter } from '../../filter/compile.ts';
import type { ColourRule } from '../../render/colour-rules.ts';
import { type ColourDepth, paintLine } from '../../render/style.ts';
import { TEXT_COLUMNS } from '../../render/text.ts';
import { colourRulesOption, gather, positiveNumber } from '../arguments.ts';
import { type ColourChoice, colourOfOutput, colourOption } from '../colour.ts';
import { dissectorsInUse } from '../dissectors/in-use.ts';
import { onInterrupt } from '../interrupt.ts';
import { Output } from '../output.ts';
import { knowledgeOf, mostWanted, type Wanted, wantedBy } from '../read/annotate.ts';
import { needsOfColumns } from '../read/columns.ts';
import { needsOfFields } from '../read/fields.ts';
import { filterFrom } from '../read/filter-option.ts';
import { FORMATS, type FormatChoice, type FormatName } from '../read/format.ts';
import { filesOf, type Habits, typeOf, withTsharkHabits } from '../read/habits.ts';
import { type CaptureOptions, readCaptures, withCaptureOptions } from '../read/input.ts';
import { Printing } from '../read/printing.ts';
import { keepNewSpaceSmall } from '../small-heap.ts';

interface Options extends CaptureOptions, Habits {
  readonly type: FormatName;
  readonly filter?: string;
  readonly hex?: boolean;
  readonly columns?: string;
  readonly field: readonly string[];
  readonly fieldSetting: readonly string[];
  readonly twoPass?: boolean;
  readonly findings?: boolean;
  readonly jobs?: number;
  readonly count?: number;
  readonly write?: string;
  readonly stats?: boolean;
  readonly tui?: boolean;
  readonly colorRules?: string;
  readonly color: ColourChoice;
}

const HELP = `
Reads pcap and pcapng, plain or compressed; several files are merged by time, and - is standard input.
Connections are found on any port by what they carry. What cannot be read is told on stderr.

Filters (-Y) are Wireshark's: ==  !=  <  <=  >  >=  in {..}  contains  matches  and or xor not, parentheses,
any all, len() count() upper() lower() abs() max() min(), slices such as client[0:4].
Names are the RFC's field names and type, xid, lease, client, status, state, dir (p>s, s>p), src, dst, time,
skew, rtt, reply_in, reply_to, frame, conn, size, finding, tls, problem. Addresses may be prefixes: lease in 2001:db8::/48.

Columns of -T text (-o): ${[...TEXT_COLUMNS.values()].map(({ name }) => name).join(', ')}, and all names of filters.

Examples:
  leasetap read capture.pcapng
  leasetap read -Y 'type == BNDUPD && lease in 2001:db8:1::/64 && !reply_in' capture.pcapng
  leasetap read -T ladder capture.pcapng
  leasetap read -T tree -x capture.pcapng | less
  leasetap read -T jsonl capture.pcapng | jq 'select(.msg_name == "BNDUPD")'
  leasetap read -T fields -e time -e type -e lease -E separator=, capture.pcapng
  leasetap read --stats before.pcap after.pcap
  leasetap read -Y 'finding == unanswered' -w small.pcapng capture.pcapng
  leasetap read -Y 'finding matches "^transition-"' -T tree capture.pcapng
  leasetap read --tui capture.pcapng
  leasetap read --tls-keylog keys.txt capture.pcapng
  tcpdump -i eth0 -U -w - port 647 | leasetap read -

As in tshark, -r FILE names a capture, -V is -T tree, and -n may be said.

Exit status: 0 everything was read, 2 a file is damaged or is no capture, or the usage is wrong.`;

export function register(program: Command): void {
  const command = program.command('read').description('print the messages of captures');
  withTsharkHabits(withCaptureOptions(command, '[files...]'))
    .option('-Y, --filter <filter>', 'only messages that match')
    .addOption(
      new Option('-T, --type <format>', 'what to print for each message').choices(FORMATS).default('text'),
    )
    .option('-x, --hex', 'octets of each message below it')
    .option('-o, --columns <names>', 'columns of -T text, separated by commas')
    .option('-e, --field <name>', 'a field of -T fields; may be given several times', gather, [])
    .option(
      '-E, --field-setting <name=value>',
      'bom, header, separator, quote, aggregator, occurrence',
      gather,
      [],
    )
    .option('-2, --two-pass', 'read files twice, so that requests know their replies too')
    .option(
      '--findings',
      'tell with each message what in it is against RFC 8156 (leasetap check); reads files twice',
    )
    .option('-c, --count <number>', 'stop after so many messages', positiveNumber)
    .option(
      '-w, --write <file>',
      'instead of messages: a pcapng of the packets that carry them, of TCP whole connections',
    )
    .option('--stats', 'instead of messages: counts, reply times, rejections, window use, skew')
    .option(
      '-j, --jobs <number>',
      'threads that print; 1: no other ones (default: up to 4 when there is much to read)',
      positiveNumber,
    )
    .option('--tui', 'look at the messages in the terminal UI')
    .addOption(colourRulesOption())
    .addOption(colourOption())
    .addHelpText('after', HELP)
    .action(runRead);
}

/**
 * With more threads that print the process would take more than 128 MiB: fields and trees take more in each. Text is
 * printed faster than it is read by two others already; a third one only compiles the same code once more.
 */
const THREADS_MAX: Readonly<Record<FormatName, number>> = {
  text: 3,
  jsonl: 4,
  ek: 4,
  fields: 3,
  tree: 2,
  ladder: 1,
};
/** So does what filters need. */
const FILTERED_THREADS_MAX = 2;

/** What is read between two moments at which lines that others have printed can be written. */
const PRINTING_CHUNK_OCTETS = 64 * 1024;

/** Of a ladder that goes to a file or a pipe. */
const LADDER_COLUMNS = 120;

/** What was asked for, and where it goes. */
interface Job {
  readonly files: readonly string[];
  readonly options: Options;
  readonly dissectors: Dissectors;
  readonly filter: Filter | undefined;
  readonly out: Output;
  readonly colour: ColourDepth;
}

async function runRead(named: readonly string[], given: Options): Promise<void> {
  const files = filesOf(named, given);
  const options = { ...given, type: typeOf(given.type, given) };
  // Nothing of a message lives longer than its line, so more room for new objects would only be more memory.
  if (options.tui !== true) keepNewSpaceSmall();
  const dissectors = dissectorsInUse();
  const filter = await filterFrom(options.filter, dissectors);
  if (options.tui === true) return showFiles(files, options, dissectors);
  const out = new Output(process.stdout);
  const job: Job = { files, options, dissectors, filter, out, colour: colourOfOutput(options.color) };
  if (options.write !== undefined) return writePackets(job, options.write);
  if (options.stats === true) return printStatistics(job);
  return printMessages(job);
}

/** Only those that were asked for: lines of text have colours of their own. */
async function rulesOf(
  { colorRules }: Options,
  dissectors: Dissectors,
): Promise<readonly ColourRule[] | undefined> {
  if (colorRules === undefined) return undefined;
  const { colourRules } = await import('../colour-rules.ts');
  return colourRules(dissectors, colorRules);
}

async function printMessages(job: Job): Promise<void> {
  const { files, options, dissectors, filter, out, colour } = job;
  // They stay in this thread, so there is no other then.
  const rules = colour === 'none' ? undefined : await rulesOf(options, dissectors);
  const choice: FormatChoice = {
    type: options.type,
    hex: options.hex === true,
    columns: options.columns,
    fields: options.field,
    fieldSettings: options.fieldSetting,
    colour,
    colourRules: rules,
    width: process.stdout.columns ?? LADDER_COLUMNS,
    dissectors,
  };
  const wanted = wantedOf(job, rules);
  const { annotator, earlier } = await knowledgeOf(files, wanted, options.type === 'ladder');
  // Rules and sentences stay in this thread.
  const alone = rules !== undefined || options.count !== undefined || wanted === 'checks';
  const printing = new Printing({
    choice,
    filter,
    out,
    threads: alone ? 1 : threadsOf(options),
    atOnce: options.jobs !== undefined,
    octetsTotal: octetsIn(files),
  });
  const limit = options.count ?? Number.POSITIVE_INFINITY;
  let printed = 0;
  try {
    await printing.begin();
    await readCaptures({
      files,
      options,
      dissectors,
      out,
      earlier,
      chunkOctets: PRINTING_CHUNK_OCTETS,
      onMessage: (message) => {
        const { notes, change } = annotator.push(message);
        if (printed < limit && printing.push(message, notes, change)) printed++;
      },
      pause: (progress) => printing.pause(progress),
      flush: () => printing.flush(),
      hurry: () => printing.hurry(),
      finish: (whole) => printing.finish(whole),
      enough: () => printed >= limit,
    });
  } finally {
    await printing.close();
  }
}

/** Undefined unless all are stored ones. */
function octetsIn(files: readonly string[]): number | undefined {
  let total = 0;
  for (const file of files) {
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats?.isFile() !== true) return undefined;
    total += stats.size;
  }
  return total;
}

/** The first of them hardly prints. */
function threadsOf({ jobs, type, filter }: Options): number {
  const filtered = filter === undefined ? Number.POSITIVE_INFINITY : FILTERED_THREADS_MAX;
  return jobs ?? Math.min(availableParallelism(), THREADS_MAX[type], filtered);
}

/** What has to be known of messages for all that was asked for: perhaps what only a first pass can tell. */
function wantedOf(
  { files, options, dissectors, filter }: Job,
  rules: readonly ColourRule[] | undefined,
): Wanted {
  const { twoPass, findings, type, columns, field } = options;
  const wishes = [wantedBy(filter)];
  if (twoPass === true) wishes.push('later');
  if (findings === true) wishes.push('checks');
  // Colours that cannot be known are not worth an error.
  if (!files.includes('-')) wishes.push(...(rules ?? []).map(wantedBy));
  if (type === 'fields') return mostWanted([...wishes, ...needsOfFields(field, dissectors)]);
  return mostWanted(type === 'text' ? [...wishes, ...needsOfColumns(columns, dissectors)] : wishes);
}

async function writePackets(job: Job, path: string): Promise<void> {
  const { files, options, dissectors, filter, out } = job;
  if (options.stats === true) throw new InputError('-w and --stats are two runs');
  const { copyPackets } = await import('../read/copying.ts');
  await copyPackets({
    files,
    options,
    dissectors,
    filter,
    findings: options.findings === true,
    count: options.count,
    path,
    out,
  });
}

async function printStatistics(job: Job): Promise<void> {
  const { files, options, dissectors, filter, out, colour } = job;
  if (options.type !== 'text' && options.type !== 'jsonl')
    throw new InputError('--stats comes as -T text or jsonl');
  const { Statistics } = await import('../../analyze/statistics.ts');
  const { statisticsJson, statisticsLines } = await import('../../render/stats.ts');
  const statistics = new Statistics();
  const knowledge = filter?.needsContext === true ? await knowledgeOf(files, wantedBy(filter)) : undefined;
  const typeName = (protocol: string, type: number): string =>
    dissectors.protocols.get(protocol)?.messages.get(type)?.name ?? `type ${type}`;
  const enough = (): boolean => statistics.messages === options.count;
  await readCaptures({
    files,
    options,
    dissectors,
    out,
    enough,
    earlier: knowledge?.earlier,
    onMessage: (message) => {
      if (enough()) return;
      if (filter === undefined || filter.matches(message, knowledge?.annotator.push(message).notes))
        statistics.add(message);
    },
    silent: true,
    onEnd: () => {
      if (options.type === 'jsonl') out.line(statisticsJson(statistics, typeName));
      else for (const line of statisticsLines(statistics, typeName)) out.line(paintLine(line, colour));
    },
  });
}

async function showFiles(files: readonly string[], options: Options, dissectors: Dissectors): Promise<void> {
  if (files.includes('-'))
    throw new InputError('--tui reads its keys from standard input, so captures must be files');
  const { hasTerminal, showSession } = await import('../show-session.ts');
  if (!hasTerminal()) throw new InputError('--tui needs a terminal that can place a cursor');
  const { fileSession } = await import('../read/file-session.ts');
  // What is old here is small, so little of what nobody needs any more may gather beside it.
  setFlagsFromString('--heap-growing-percent=20');
  const interrupt = onInterrupt();
  const session = fileSession(files, options, dissectors, interrupt.signal);
  try {
    await showSession(session, dissectors, interrupt.signal, options);
  } finally {
    session.close();
  }
  interrupt.release();
}
