import { writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { dissectorsInUse } from '../../../src/cli/dissectors/in-use.ts';
import { temporaryFolder } from '../../support/process.ts';

const VENDOR = (enterprise: number) => `format: 1
enterprise: ${enterprise}
title: Mine
reference: mine
options:
  1: { name: MINE_${enterprise}, fields: [{ name: a, type: u8 }] }
`;

describe('dissectors that the user names in the environment', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('are used beside ours, from files and folders', () => {
    const [folder, more] = [temporaryFolder(), temporaryFolder()];
    const file = join(folder, 'one.yaml');
    writeFileSync(file, VENDOR(32473));
    writeFileSync(join(more, 'two.yaml'), VENDOR(32474));
    vi.stubEnv('LEASETAP_DISSECTORS', [file, more].join(delimiter));
    const { vendors } = dissectorsInUse();
    expect(vendors.get(32473)?.byCode.get(1)?.name).toBe('MINE_32473');
    expect(vendors.get(32474)?.byCode.get(1)?.name).toBe('MINE_32474');
    expect(vendors.get(4491)).toBeDefined();
  });

  it('are missed by their name', () => {
    vi.stubEnv('LEASETAP_DISSECTORS', '/nowhere/mine.yaml');
    expect(dissectorsInUse).toThrow('LEASETAP_DISSECTORS: there is no /nowhere/mine.yaml');
  });
});
