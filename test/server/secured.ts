/** Servers of a pair whose failover connection is secured with the certificates of fixtures/tls. */
import type { PartnerConfig, RelationshipConfig, ServerConfig } from '../../src/server/config.ts';
import { certificateFile } from '../support/tls.ts';
import { configOf, type Role } from './pair.ts';

export interface Choice {
  readonly certificate?: string;
  /** File below fixtures/tls; `ca.pem` unless told. */
  readonly ca?: string;
  readonly keylog?: string;
  readonly partner?: Partial<PartnerConfig>;
  readonly security?: RelationshipConfig['security'];
}

/** The file of one server; its partner is known by its name under example.com. */
export function secured(role: Role, directory: string, port: number, choice: Choice = {}): ServerConfig {
  const config = configOf(role, directory, port);
  const [relationship] = config.relationships as [RelationshipConfig];
  const { certificate = role, ca = 'ca.pem', keylog, partner, security = 'tls' } = choice;
  const tls = {
    cert: certificateFile(`${certificate}.pem`),
    key: certificateFile(`${certificate}.key`),
    ca: certificateFile(ca),
    keylog,
  };
  const names = [role === 'primary' ? 'secondary.example.com' : 'primary.example.com'];
  return {
    ...config,
    failover: { ...config.failover, tls: security === 'tls' ? tls : undefined },
    relationships: [
      {
        ...relationship,
        security,
        partner: { ...relationship.partner, certificateNames: names, ...partner },
      },
    ],
  };
}
