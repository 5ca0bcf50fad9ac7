/** Reads the file of a server from the disk; paths in it are relative to its directory. */
import { dirname, resolve } from 'node:path';
import { readTextFile } from '../control/text-file.ts';
import { parseServerConfig, type ServerConfig } from './config.ts';

/**
 * @throws ConfigError for what the file says
 * @throws a system error if it cannot be read
 */
export function loadServerConfig(file: string): ServerConfig {
  const directory = dirname(resolve(file));
  return parseServerConfig(file, readTextFile(file), (path) => resolve(directory, path));
}
