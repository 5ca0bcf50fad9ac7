/**
 * `read -w`: the packets of what matches as a pcapng to keep or to mail. The files are read once to choose and once
 * more to copy, so that the packets of a connection are there from its first one on.
 */
import { closeSync, openSync, realpathSync, writeSync } from 'node:fs';
import { InputError } from '../../base/problem.ts';
import { PacketCopy } from '../../capture/packet-copy.ts';
import type { Dissectors } from '../../dissect/compile.ts';
import type { Filter } from '../../filter/compile.ts';
import { findingsOf } from '../../filter/own-findings.ts';
import { safeText } from '../../render/escape.ts';
import type { Output } from '../output.ts';
import { soleWriter } from '../sole-writer.ts';
import { packageVersion } from '../version.ts';
import { knowledgeOf, mostWanted, wantedBy } from './annotate.ts';
import { ChosenPackets } from './chosen-packets.ts';
import { type CaptureOptions, type Round, readCaptures } from './input.ts';
import { readOnlyOnce } from './once.ts';

/** Octets gathered before a write. */
const BATCH_OCTETS = 256 * 1024;

export interface CopyOrder {
  readonly files: readonly string[];
  readonly options: CaptureOptions;
  readonly dissectors: Dissectors;
  readonly filter: Filter | undefined;
  /** Packets say which rules of RFC 8156 their messages break. */
  readonly findings: boolean;
  /** How many messages at most are chosen. */
  readonly count: number | undefined;
  /** Where to; `-` is standard output. */
  readonly path: string;
  readonly out: Output;
}

/** @throws InputError for a file that cannot be read twice, or that would be written over */
export async function copyPackets(order: CopyOrder): Promise<void> {
  const { files, options, dissectors, filter, path, out } = order;
  refuseWhatCannotBe(files, path);
  const wanted = mostWanted([order.findings ? 'checks' : undefined, wantedBy(filter)]);
  const { annotator, earlier } = await knowledgeOf(files, wanted);
  const chosen = new ChosenPackets();
  const telling = filter !== undefined || order.findings;
  let encrypted = false;
  const choosing: Round = {
    onMessage: (message) => {
      const { notes } = annotator.push(message);
      if (chosen.messages === order.count || filter?.matches(message, notes) === false) return;
      if (message.frame.tls !== undefined) encrypted = true;
      chosen.choose(message, telling ? findingsOf(message, notes) : []);
    },
    onPacket: (packet) => chosen.notice(packet),
  };
  const giveBack = await soleWriter([path === '-' ? undefined : path]);
  const file = path === '-' ? undefined : new CopiedFile(path);
  const write = file === undefined ? (block: Uint8Array) => putBlock(out, block) : file.add.bind(file);
  const copy = new PacketCopy(`leasetap ${packageVersion()}`, write);
  let settled = false;
  try {
    await readCaptures({
      files,
      options,
      dissectors,
      out,
      silent: true,
      earlier: [...earlier, choosing],
      onMessage: () => undefined,
      onPacket: (packet) => {
        if (!settled) chosen.settle();
        settled = true;
        if (!chosen.has(packet)) return;
        copy.add(packet.record, telling ? chosen.commentsOn(packet.number) : []);
      },
    });
  } finally {
    file?.close();
    giveBack();
  }
  const to = path === '-' ? 'standard output' : safeText(path);
  const hint = encrypted ? '; it holds no secrets of TLS: reading it takes --tls-keylog' : '';
  const matching = chosen.messages === 1 ? '1 message matches' : `${chosen.messages} messages match`;
  const untold = telling && chosen.untold > 0 ? `; ${chosen.untold} of the messages are in no comment` : '';
  process.stderr.write(`leasetap: ${matching}; ${copy.packets} packets written to ${to}${untold}${hint}\n`);
}

function refuseWhatCannotBe(files: readonly string[], path: string): void {
  const once = readOnlyOnce(files);
  if (once !== undefined) throw new InputError(`-w reads twice, and ${once} cannot be: it needs files`);
  if (path === '-') {
    if (process.stdout.isTTY) throw new InputError('-w - writes a capture: send it to a file or into a pipe');
    return;
  }
  const real = realPath(path);
  if (real === undefined) return;
  const same = files.find((file) => realPath(file) === real);
  if (same !== undefined) throw new InputError(`-w ${path}: that is a file to be read`);
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function putBlock(out: Output, block: Uint8Array): void {
  out.buffer.putOctets(block, 0, block.length);
  out.written();
}

/** A file of blocks: after every write it ends at the end of one, so what is there can be read however it ends. */
class CopiedFile {
  private readonly path: string;
  private readonly file: number;
  private readonly waiting: Uint8Array[] = [];
  private octets = 0;

  /** @throws an error of the system */
  constructor(path: string) {
    this.path = path;
    this.file = openSync(path, 'w');
  }

  add(block: Uint8Array): void {
    this.waiting.push(block.slice());
    this.octets += block.length;
    if (this.octets >= BATCH_OCTETS) this.write();
  }

  close(): void {
    try {
      this.write();
    } finally {
      closeSync(this.file);
    }
  }

  private write(): void {
    const all = Buffer.concat(this.waiting.splice(0));
    this.octets = 0;
    try {
      for (let at = 0; at < all.length; ) at += writeSync(this.file, all, at);
    } catch (error) {
      throw Object.assign(error as Error, { path: this.path });
    }
  }
}
