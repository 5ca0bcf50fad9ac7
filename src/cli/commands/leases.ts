/** `leasetap leases`: what both servers said about each lease, and where they may disagree. */
import { type Command, Option } from 'commander';
import { Analysis } from '../../analyze/analysis.ts';
import { divergenceOf, type LeaseView } from '../../analyze/leases.ts';
import { timestampMillis } from '../../base/timestamp.ts';
import { leaseJson, leaseLines } from '../../render/lease-story.ts';
import { paintLine } from '../../render/style.ts';
import { type ColourChoice, colourOfOutput, colourOption } from '../colour.ts';
import { dissectorsInUse } from '../dissectors/in-use.ts';
import { EXIT_FINDINGS } from '../exit-code.ts';
import { Output } from '../output.ts';
import { knowledgeOf, wantedBy } from '../read/annotate.ts';
import { filterFrom } from '../read/filter-option.ts';
import { type CaptureOptions, readCaptures, withCaptureOptions } from '../read/input.ts';

interface Options extends CaptureOptions {
  readonly type: 'text' | 'jsonl';
  readonly filter?: string;
  readonly divergent?: boolean;
  readonly color: ColourChoice;
}

const HELP = `
Each lease with every update about it, oldest first: who said it, what became of it (acked, rejected, pending).
A lease diverges if the newest update about it was refused, lost or not answered.

Examples:
  leasetap leases capture.pcapng
  leasetap leases -Y 'lease in 2001:db8:1::/64' capture.pcapng
  leasetap leases --divergent capture.pcapng

Exit status: 0 done, 1 with --divergent if there are such leases, 2 a file is damaged or is no capture.`;

export function register(program: Command): void {
  withCaptureOptions(program.command('leases').description('tell the story of each lease in captures'))
    .addOption(new Option('-T, --type <format>', 'how').choices(['text', 'jsonl']).default('text'))
    .option('-Y, --filter <filter>', 'only what matching messages say')
    .option('--divergent', 'only leases about which the servers may disagree')
    .addOption(colourOption())
    .addHelpText('after', HELP)
    .action(runLeases);
}

async function runLeases(files: readonly string[], options: Options): Promise<void> {
  const dissectors = dissectorsInUse();
  const filter = await filterFrom(options.filter, dissectors);
  const knowledge = filter?.needsContext === true ? await knowledgeOf(files, wantedBy(filter)) : undefined;
  const out = new Output(process.stdout);
  const colour = colourOfOutput(options.color);
  const analysis = new Analysis();
  let lastMillis = 0;
  let divergent = 0;
  let messages = 0;
  const print = (lease: LeaseView): void => {
    if (divergenceOf(lease, lastMillis) !== undefined) divergent++;
    else if (options.divergent === true) return;
    if (options.type === 'jsonl') out.line(leaseJson(lease, lastMillis));
    else for (const line of leaseLines(lease, lastMillis)) out.line(paintLine(line, colour));
  };
  await readCaptures({
    files,
    options,
    dissectors,
    out,
    earlier: knowledge?.earlier,
    onMessage: (message) => {
      messages++;
      lastMillis = timestampMillis(message.frame.seen.time);
      const notes = knowledge?.annotator.push(message).notes;
      if (filter === undefined || filter.matches(message, notes)) analysis.push(message);
    },
    silent: true,
    onEnd: () => {
      let leases = 0;
      for (const lease of analysis.leases.all()) {
        leases++;
        print(lease);
      }
      if (leases === 0 && messages > 0)
        process.stderr.write(
          `leasetap: ${filter === undefined ? 'no' : 'no matching'} failover message tells of a lease\n`,
        );
      if (options.divergent === true && divergent > 0) process.exitCode = EXIT_FINDINGS;
    },
  });
}
