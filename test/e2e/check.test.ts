/**
 * Goal: `leasetap check` says of every capture in the repository what its index and its violation file say: conformant
 * ones give nothing, the others the one rule that they break, at the message that breaks it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runLeasetap, top } from '../support/process.ts';

const folder = join(top, 'fixtures/captures/dhcpv6');

interface Entry {
  readonly name: string;
  readonly file: string;
  readonly conformant: boolean | null;
}

interface Violation {
  readonly rule: string;
  readonly section: string;
  readonly keyword: string;
  readonly message_index: number;
  readonly frame: number;
  readonly transaction_id: number;
}

const entries = JSON.parse(readFileSync(join(folder, 'INDEX.json'), 'utf8')) as readonly Entry[];

describe('leasetap check', () => {
  it('finds nothing in all captures that keep to the RFC', async () => {
    const files = entries.filter((entry) => entry.conformant === true).map(({ file }) => join(folder, file));
    for (const file of files) {
      const { code, out } = await runLeasetap(['check', file]);
      expect([file, code, out]).toEqual([file, 0, '']);
    }
  });

  it('finds the one breach of each capture that has one', async () => {
    for (const { name, file } of entries.filter((entry) => entry.conformant === false)) {
      const path = join(folder, `${name}.violation.json`);
      expect(existsSync(path)).toBe(true);
      const violation = JSON.parse(readFileSync(path, 'utf8')) as Violation;
      const { code, out } = await runLeasetap(['check', '-T', 'jsonl', join(folder, file)]);
      expect(code).toBe(1);
      expect(out.trim().split('\n')).toHaveLength(1);
      const { rule, section, keyword, message_index, frame, transaction_id } = violation;
      expect(JSON.parse(out)).toMatchObject({
        id: rule,
        rfc: 'RFC 8156',
        section,
        keyword,
        message_index,
        frame,
        transaction_id,
      });
    }
  });

  it('tells rule, section, message and the other messages that show it in one line of text', async () => {
    const { out, code } = await runLeasetap(['check', join(folder, 'vio-connectreply-mclt.pcap')]);
    expect(out).toBe(
      'error   RFC 8156 §6.1.2 MUST connectreply-mclt: #1 (packet 6) CONNECTREPLY: MCLT is 7200 s, in CONNECT it is 3600 s [see #0]\n',
    );
    expect(code).toBe(1);
  });

  it('assumes the best of what a capture has lost, and says what it could not judge', async () => {
    for (const name of ['resync-gap-boundary', 'resync-midstream-boundary', 'mal-file-truncated-packet']) {
      const { out } = await runLeasetap(['check', join(folder, `${name}.pcap`)]);
      expect([name, out]).toEqual([name, '']);
    }
  });
});
