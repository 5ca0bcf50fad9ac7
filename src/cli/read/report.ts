/**
 * What reading a capture has to say beside the messages: on stderr, one line each, bounded, worst last. Files with a
 * million holes must not bury the line about the damage.
 */
import { InputError } from '../../base/problem.ts';
import type { CaptureSummary } from '../../capture/summary.ts';
import type { Notice, NoticeKind } from '../../dissect/notice.ts';
import { LEG_INTERFACES } from '../../proxy/recorder.ts';
import { safeText } from '../../render/escape.ts';

/** Lines of one kind of notice; the rest is counted. */
const NOTICES_OF_ONE_KIND_MAX = 10;

/** That a connection was recognized or decrypted is seen from its messages. */
const SILENT: ReadonlySet<NoticeKind> = new Set(['connection', 'decrypted']);

/** Packets that are passed over in any capture of a network. Others may have held messages. */
const ORDINARY: ReadonlySet<string> = new Set(['not-ip', 'not-tcp-or-udp']);

/** Variants of capture files that are worth a line: whoever wonders about a file wants to know. */
const UNUSUAL = /big-endian|record headers/;

export class ReadReport {
  private readonly write: (line: string) => void;
  private readonly counts = new Map<NoticeKind, number>();

  constructor(write: (line: string) => void) {
    this.write = write;
  }

  notice(notice: Notice): void {
    if (SILENT.has(notice.kind)) return;
    const count = (this.counts.get(notice.kind) ?? 0) + 1;
    this.counts.set(notice.kind, count);
    if (count <= NOTICES_OF_ONE_KIND_MAX) {
      this.write(`packet ${notice.seen.packet}: ${safeText(notice.message)}`);
    }
  }

  /**
   * What the interfaces of pcapng files have to do with what was asked for. @throws InputError for one that no file has
   */
  interfaces(summary: CaptureSummary, asked: readonly string[]): void {
    const known = summary.sources.flatMap((source) => source.interfaces);
    for (const name of asked) {
      if (known.includes(name) || (/^\d+$/.test(name) && Number(name) < known.length)) continue;
      const there = known.length === 0 ? 'no file names any' : `there are ${safeText(known.join(', '))}`;
      throw new InputError(`no interface "${safeText(name)}" (-i): ${there}`);
    }
    if (asked.length === 0 && LEG_INTERFACES.every(({ name }) => known.includes(name))) {
      const [primary, secondary] = LEG_INTERFACES;
      this.write(
        `a recording of both legs of a proxy, so most messages stand there twice: -i ${primary.name} shows what the primary sent and got, -i ${secondary.name} the secondary`,
      );
    }
  }

  /** After the last message. Returns whether every source could be read to its end. */
  close(summary: CaptureSummary, messages: number): boolean {
    for (const [kind, count] of this.counts) {
      const more = count - NOTICES_OF_ONE_KIND_MAX;
      if (more > 0) this.write(`${more} more lines of this kind (${kind}) are not shown`);
    }
    for (const { name, variant } of summary.sources)
      if (UNUSUAL.test(variant)) this.write(`${safeText(name)} is ${variant}`);
    for (const { limit, hits } of summary.limits) this.write(`limit ${limit} was reached ${hits} times`);
    const damages = summary.sources.flatMap((source) => (source.damage === null ? [] : [source.damage]));
    if (messages === 0 && damages.length === 0 && this.counts.size === 0) this.nothingFound(summary);
    else
      for (const { code, reason, packets } of summary.skipped)
        if (!ORDINARY.has(code)) this.write(`packets passed over: ${packets}: ${safeText(reason)}`);
    for (const damage of damages) {
      this.write(`${safeText(damage.path)}: ${safeText(damage.message)}${offsetText(damage.offset)}`);
    }
    return damages.length === 0;
  }

  private nothingFound(summary: CaptureSummary): void {
    const skipped = summary.skipped.map(({ reason, packets }) => `${packets}: ${safeText(reason)}`);
    const why = skipped.length === 0 ? '' : `; skipped packets: ${skipped.join(', ')}`;
    this.write(`no message was found in ${summary.packets} packets${why}`);
    const flows = [counted(summary.tcpFlows, 'TCP connection'), counted(summary.udpFlows, 'UDP flow')].filter(
      (text) => text !== '',
    );
    if (flows.length > 0)
      this.write(
        `nothing in ${flows.join(' and ')} looks like DHCP; --port and --decode-as say what a port carries`,
      );
  }
}

function counted(count: number, what: string): string {
  return count === 0 ? '' : `${count} ${what}${count === 1 ? '' : 's'}`;
}

function offsetText(offset: number | undefined): string {
  return offset === undefined ? '' : ` (at octet ${offset})`;
}
