/** `leasetap proxy list`, `add`, `set` and `rm`: the relationships of a proxy that runs, over its control. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { InputError } from '../../base/problem.ts';
import { formatSocketAddress } from '../../base/socket-address.ts';
import { type ControlPlace, controlPlace } from '../../control/place.ts';
import { safeText } from '../../render/escape.ts';
import { ProxyClient, type RelationshipTold } from './control-client.ts';
import type { RelationshipOptions } from './setup.ts';
import { tlsOf } from './tls.ts';

/** Those of the parent command, which takes them from the line. */
type Options = RelationshipOptions & { readonly control?: string; readonly tokenFile?: string };

export function addRelationshipCommands(proxy: Command): void {
  proxy
    .command('list')
    .description('list the relationships of a running proxy')
    .usage('--control PLACE')
    .action(async (_: unknown, command: Command) => tell(await clientOf(command).relationships()));
  proxy
    .command('add')
    .description('relay another relationship')
    .usage(
      '--control PLACE --listen ADDRESS:PORT --to NAME=ADDRESS:PORT [--from ADDRESS] [--write FILE] [--log FILE] [--tls ...]',
    )
    .action(async (_: unknown, command: Command) => {
      const place = placeOf(command);
      // On this machine the proxy may run in another folder; on another one it knows its own.
      const own = (path: string): string => (place.kind === 'unix' ? resolve(path) : path);
      const added = settingsOf(command.optsWithGlobals<Options>(), own);
      tell([await new ProxyClient(place).addRelationship(added)]);
    });
  for (const [name, enabled, what] of [
    ['disable', false, 'relay a relationship no more, and keep it'],
    ['enable', true, 'relay it again'],
  ] as const) {
    proxy
      .command(name)
      .description(what)
      .usage('--control PLACE NAME')
      .argument('<name>')
      .action(async (which: string, _: unknown, command: Command) =>
        tell([await clientOf(command).changeRelationship(which, { enabled })]),
      );
  }
  proxy
    .command('rm')
    .description('end relationships, their connections and their files')
    .usage('--control PLACE NAME...')
    .argument('<name...>')
    .action(async (names: readonly string[], _: unknown, command: Command) => {
      for (const name of names) await clientOf(command).removeRelationship(name);
    });
}

/** RelationshipInput of docs/openapi-proxy.yaml, with paths as the proxy has to see them. */
function settingsOf(options: Options, own: (path: string) => string): Record<string, unknown> {
  const { listen, to, from, write, log, aliveSet } = options;
  const [where, secondary] = [listen[0], to[0]];
  if (where === undefined || secondary?.name === undefined || listen.length > 1 || to.length > 1)
    throw new InputError('expected one --listen ADDRESS:PORT and one --to NAME=ADDRESS:PORT');
  const tls = tlsOf(options, secondary.name);
  return {
    name: secondary.name,
    listen: formatSocketAddress(where),
    to: formatSocketAddress(secondary.end),
    from,
    write: write && own(write),
    log: log && own(log),
    'alive-set': aliveSet,
    tls:
      typeof tls === 'object'
        ? Object.fromEntries(Object.entries(tls).map(([key, path]) => [key, own(path)]))
        : tls,
  };
}

function placeOf(command: Command): ControlPlace {
  const { control, tokenFile } = command.optsWithGlobals<Options>();
  if (control === undefined) throw new InputError('expected --control with the control of a running proxy');
  return controlPlace(control, tokenFile, '--token-file');
}

function clientOf(command: Command): ProxyClient {
  return new ProxyClient(placeOf(command));
}

function tell(relationships: readonly RelationshipTold[]): void {
  for (const { name, listen, to, enabled } of relationships)
    process.stdout.write(`${safeText(name)} ${listen} > ${to}${enabled ? '' : ' (disabled)'}\n`);
}
