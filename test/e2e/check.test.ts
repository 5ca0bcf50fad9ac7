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

const conformant = entries.filter((entry) => entry.conformant === true);
const breaching = entries.filter((entry) => entry.conformant === false);
/** Milliseconds that one run may take on a machine that is busy with other tests; it needs a tenth of that. */
const RUN_MILLIS = 4000;

describe('leasetap check', () => {
  it('finds nothing in all captures that keep to the RFC', {
    timeout: conformant.length * RUN_MILLIS,
  }, async () => {
    const files = conformant.map(({ file }) => join(folder, file));
    for (const file of files) {
      const { code, out } = await runLeasetap(['check', file]);
      expect([file, code, out]).toEqual([file, 0, '']);
    }
  });

  it('says that it has nothing to say about captures of other protocols', async () => {
    const { code, out, err } = await runLeasetap([
      'check',
      join(top, 'fixtures/captures/dhcpv4-isc/first-start.pcap'),
    ]);
    expect([code, out]).toEqual([0, '']);
    expect(err).toContain('nothing was checked');
  });

  it('finds the one breach of each capture that has one', {
    timeout: breaching.length * RUN_MILLIS,
  }, async () => {
    for (const { name, file } of breaching) {
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

  // Goal: one analyzer, many views: what a check finds is found by filters, listings and trees at the same message.
  it('is known to read: each breach by a filter, at its message, and nothing where nothing is wrong', async () => {
    for (const { name, file } of entries.filter((entry) => entry.conformant === false)) {
      const path = join(folder, file);
      const { rule, section, message_index } = JSON.parse(
        readFileSync(join(folder, `${name}.violation.json`), 'utf8'),
      ) as Violation;
      const { out } = await runLeasetap(['read', '-T', 'tree', '-Y', `finding == ${rule}`, path]);
      expect(out.split('\n').filter((line) => line.startsWith('#'))).toHaveLength(1);
      expect(out).toMatch(new RegExp(`^#${message_index} `));
      expect(out).toMatch(new RegExp(`^ {4}\\[${rule}, RFC 8156 §${section} \\w.*: .+\\]$`, 'm'));
    }
    const [right] = entries.filter((entry) => entry.conformant === true);
    const anyRule = 'finding matches "-" and not finding == malformed';
    expect(await runLeasetap(['read', '-Y', anyRule, join(folder, right?.file ?? '')])).toMatchObject({
      code: 0,
      out: '',
    });
  });

  it('is told by read in JSON when asked, by leases, and in the comments of packets', async () => {
    const path = join(folder, 'vio-bndupd-no-reply.pcap');
    const { message_index } = JSON.parse(
      readFileSync(join(folder, 'vio-bndupd-no-reply.violation.json'), 'utf8'),
    ) as Violation;
    const found = async (...args: string[]): Promise<unknown[]> => {
      const { out } = await runLeasetap(['read', '-T', 'jsonl', ...args, path]);
      const messages = out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      return messages
        .filter(({ findings }) => String(findings).includes('bndupd-no-reply'))
        .map(({ index }) => index);
    };
    expect(await found('--findings')).toEqual([message_index]);
    expect(await found('-2')).toEqual([]);
    const leases = await runLeasetap(['leases', '-T', 'jsonl', '-Y', 'finding == bndupd-no-reply', path]);
    expect(leases.out.trim().split('\n')).toHaveLength(1);
    const copied = await runLeasetap(['read', '--findings', '-w', '-', path]);
    expect(copied.out).toMatch(new RegExp(`#${message_index} BNDUPD x[0-9a-f]+ \\([^)]*bndupd-no-reply`));
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
