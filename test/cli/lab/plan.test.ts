/** That the lab's generated configurations are ones that the servers accept, and fit each other. */
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LAB_TIMES, type LabPlan, serverYaml } from '../../../src/cli/lab/plan.ts';
import { parseServerConfig } from '../../../src/server/config.ts';

const plan: LabPlan = {
  folder: '/tmp/a lab: "quoted"',
  ports: {
    proxy: 10_001,
    failover: 10_002,
    strangers: 10_005,
    clients: { primary: 10_003, secondary: 10_004 },
  },
  times: LAB_TIMES,
};

const primary = parseServerConfig('primary.yaml', serverYaml(plan, 'primary'), resolve);
const secondary = parseServerConfig('secondary.yaml', serverYaml(plan, 'secondary'), resolve);

describe('the configurations of a lab', () => {
  it('send the primary to the proxy and let the secondary wait behind it', () => {
    expect(primary.relationships[0]?.partner).toMatchObject({ address: '::1', port: 10_001 });
    // The other one is where no partner is: for `secondary strangers`.
    expect(secondary.failover.listen).toEqual([
      { address: '::1', port: 10_002 },
      { address: '127.0.0.1', port: 10_005 },
    ]);
  });

  it('give both servers one relationship with the same times and pools', () => {
    const [ours] = primary.relationships;
    const [theirs] = secondary.relationships;
    expect([ours?.role, theirs?.role]).toEqual(['primary', 'secondary']);
    expect({ ...theirs, role: ours?.role, partner: ours?.partner }).toEqual(ours);
    expect(ours).toMatchObject({ mcltSeconds: 30, validLifetimeSeconds: 60, preferredLifetimeSeconds: 40 });
  });

  it('keep each server in its own place', () => {
    expect(primary.storeDirectory).toBe('/tmp/a lab: "quoted"/primary');
    expect(secondary.storeDirectory).toBe('/tmp/a lab: "quoted"/secondary');
    expect(primary.dhcpv6?.listen).toEqual([{ address: '::1', port: 10_003 }]);
    expect(secondary.dhcpv6?.listen).toEqual([{ address: '::1', port: 10_004 }]);
  });
});
