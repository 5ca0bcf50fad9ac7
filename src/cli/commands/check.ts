/** `leasetap check`: what in captures is against RFC 8156, as far as a listener can know. */
import { type Command, Option } from 'commander';
import { Conformance } from '../../analyze/checks/conformance.ts';
import type { Finding } from '../../analyze/checks/finding.ts';
import { RULES } from '../../analyze/checks/rules.ts';
import { findingJson, findingLine } from '../../render/finding.ts';
import { paintLine } from '../../render/style.ts';
import { type ColourChoice, colourOfOutput, colourOption } from '../colour.ts';
import { dissectorsInUse } from '../dissectors/in-use.ts';
import { EXIT_FINDINGS } from '../exit-code.ts';
import { Output } from '../output.ts';
import { type CaptureOptions, readCaptures, withCaptureOptions } from '../read/input.ts';
import { keepHeapSmall } from '../small-heap.ts';

interface Options extends CaptureOptions {
  readonly type: 'text' | 'jsonl';
  readonly color: ColourChoice;
}

const HELP = `
Each breach of RFC 8156 that the capture proves: rule, section, message, lease, and which other messages show it.
What the RFC leaves open is no finding, nor is what may have been before the capture or in segments that it lost.
DHCPv4 failover and dialects of RFC 8156 are not judged. The ${Object.keys(RULES).length} rules are in docs/checks.md.

Examples:
  leasetap check capture.pcapng
  leasetap check -T jsonl capture.pcapng | jq .id

Exit status: 0 nothing found, 1 findings, 2 a file is damaged or is no capture.`;

export function register(program: Command): void {
  withCaptureOptions(program.command('check').description('find what in captures is against RFC 8156'))
    .addOption(new Option('-T, --type <format>', 'how').choices(['text', 'jsonl']).default('text'))
    .addOption(colourOption())
    .addHelpText('after', HELP)
    .action(runCheck);
}

async function runCheck(files: readonly string[], options: Options): Promise<void> {
  keepHeapSmall();
  const out = new Output(process.stdout);
  const colour = colourOfOutput(options.color);
  const print = (finding: Finding): void => {
    process.exitCode = EXIT_FINDINGS;
    out.line(options.type === 'jsonl' ? findingJson(finding) : paintLine(findingLine(finding), colour));
  };
  const conformance = new Conformance(print);
  let failover = false;
  let others = false;
  await readCaptures({
    files,
    options,
    dissectors: dissectorsInUse(),
    out,
    onMessage: (message) => {
      others ||= message.protocol !== 'dhcpv6-failover';
      failover ||= message.protocol === 'dhcpv6-failover';
      conformance.push(message);
    },
    onNotice: (notice) => conformance.notice(notice),
    onEnd: () => {
      conformance.end();
      if (others && !failover)
        process.stderr.write(
          'leasetap: nothing was checked: no message is one of DHCPv6 failover (RFC 8156)\n',
        );
    },
  });
}
