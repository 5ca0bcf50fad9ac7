/** Reads the file of a server from the disk; paths in it are relative to its directory. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseServerConfig, type ServerConfig } from './config.ts';

/**
 * @throws ConfigError for what the file says
 * @throws a system error if it cannot be read
 */
export function loadServerConfig(file: string): ServerConfig {
  const directory = dirname(resolve(file));
  return parseServerConfig(file, readFileSync(file, 'utf8'), (path) => resolve(directory, path));
}
