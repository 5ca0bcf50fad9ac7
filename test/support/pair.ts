/** Two real `leasetap serve` processes on loopback with short times, for tests that need a pair to happen. */
import { writeFileSync } from 'node:fs';
import { freePorts } from '../../src/cli/lab/free-ports.ts';
import {
  configFile,
  controlSocket,
  LAB_TIMES,
  type LabPlan,
  SERVER_NAMES,
  type ServerName,
  serverYaml,
} from '../../src/cli/lab/plan.ts';
import { ControlClient } from '../../src/server/control-client.ts';
import type { RelationshipStatus } from '../../src/server/status.ts';
import { eventually } from './eventually.ts';
import { leasetap, type Running, temporaryFolder } from './process.ts';

export class Pair {
  readonly plan: LabPlan;

  static async prepare(): Promise<Pair> {
    const plan = { folder: temporaryFolder(), ports: await freePorts(), times: LAB_TIMES };
    for (const name of SERVER_NAMES) writeFileSync(configFile(plan, name), serverYaml(plan, name));
    return new Pair(plan);
  }

  private constructor(plan: LabPlan) {
    this.plan = plan;
  }

  start(name: ServerName): Running {
    return leasetap(['serve', configFile(this.plan, name)]);
  }

  control(name: ServerName): ControlClient {
    return new ControlClient({ kind: 'unix', path: controlSocket(this.plan, name) });
  }

  async status(name: ServerName): Promise<RelationshipStatus> {
    const [relationship] = (await this.control(name).status()).relationships;
    if (relationship === undefined) throw new Error(`the ${name} has no relationship`);
    return relationship;
  }

  /** Resolves when the server says that it is in this state. */
  async reaches(name: ServerName, state: string, patienceMillis = 30_000): Promise<void> {
    await eventually(
      `${name} in ${state}`,
      async () => (await this.status(name)).state,
      (found) => found === state,
      patienceMillis,
    );
  }

  async bothReach(state: string): Promise<void> {
    await Promise.all(SERVER_NAMES.map((name) => this.reaches(name, state)));
  }

  /** What a server knows of each lease that both must agree on, by address or prefix. */
  async leases(name: ServerName): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for await (const lease of this.control(name).leases()) {
      const { resource, binding_status, client, ia, iaid } = lease;
      found[resource] = [binding_status, client, ia, iaid].join(' ');
    }
    return found;
  }
}
