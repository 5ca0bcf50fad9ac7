/** A token for the control on TCP must not be a licence to write wherever the proxy's user can. */
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { confinedTo } from '../../../src/cli/proxy/confined.ts';
import { type RelationshipSettings, relationshipFromObject } from '../../../src/proxy/relationship.ts';
import { temporaryFolder } from '../../support/process.ts';

function settings(files: Record<string, unknown>): RelationshipSettings {
  return relationshipFromObject({ name: 'a', listen: '[::1]:1', to: '[::1]:2', ...files });
}

function folders(): { readonly inside: string; readonly outside: string } {
  const root = realpathSync(temporaryFolder());
  const [inside, outside] = [join(root, 'tap'), join(root, 'tapped')];
  for (const folder of [inside, outside]) mkdirSync(folder);
  mkdirSync(join(inside, 'deep'));
  writeFileSync(join(outside, 'there'), '');
  symlinkSync(outside, join(inside, 'away'));
  symlinkSync(join(outside, 'there'), join(inside, 'file'));
  symlinkSync(join(outside, 'not-there'), join(inside, 'dangling'));
  symlinkSync(join(inside, 'deep'), join(inside, 'home'));
  return { inside, outside };
}

describe('files that a control on TCP names', () => {
  it('are below the folder, wherever links lead', () => {
    const { inside } = folders();
    const confine = confinedTo([inside]);
    expect(confine(settings({ write: 'a.pcapng', log: join(inside, 'deep', 'a.jsonl') }))).toMatchObject({
      write: join(inside, 'a.pcapng'),
      log: join(inside, 'deep', 'a.jsonl'),
    });
    expect(confine(settings({ write: 'home/a.pcapng' })).write).toBe(join(inside, 'deep', 'a.pcapng'));
    expect(confine(settings({ tls: { cert: 'a.pem', key: 'deep/../a.key' } })).tls).toEqual({
      cert: join(inside, 'a.pem'),
      key: join(inside, 'a.key'),
    });
    expect(confine(settings({ tls: 'pass' })).tls).toBe('pass');
  });

  it.each([
    '../tapped/a.pcapng',
    'deep/../../a.pcapng',
    '../tap',
    '.',
    '..',
    'away/a.pcapng',
    'file',
    '/etc/passwd',
    'OUTSIDE/a.pcapng',
  ])('are not %s', (path) => {
    const { inside, outside } = folders();
    const confine = confinedTo([inside]);
    const named = path.replace('OUTSIDE', outside);
    for (const files of [{ write: named }, { log: named }, { tls: { cert: 'a', key: 'b', keylog: named } }])
      expect(() => confine(settings(files))).toThrow(/^(write|log|tls\.keylog): .*expected a file below/);
  });

  it('are no links to what is not there', () => {
    const { inside } = folders();
    expect(() => confinedTo([inside])(settings({ write: 'dangling' }))).toThrow(/^write: .*no such file/);
  });

  it('are none without a folder; what was there before may stay', () => {
    const confine = confinedTo([]);
    expect(() => confine(settings({ write: 'a.pcapng' }))).toThrow('--control-folder');
    const before = settings({ write: '/var/tmp/tap.pcapng', log: '/var/tmp/tap.jsonl' });
    expect(confine({ ...before, enabled: false }, before).write).toBe('/var/tmp/tap.pcapng');
    expect(() => confine({ ...before, write: '/var/tmp/other.pcapng' }, before)).toThrow('--control-folder');
    expect(confine(settings({})).name).toBe('a');
  });

  it('are several folders, and all of them are there', () => {
    const { inside, outside } = folders();
    const confine = confinedTo([inside, outside]);
    expect(confine(settings({ write: join(outside, 'a.pcapng') })).write).toBe(join(outside, 'a.pcapng'));
    expect(() => confinedTo([join(inside, 'nowhere')])).toThrow(/^--control-folder: .*no such file/);
  });

  it('are no sets of nftables', () => {
    const alive = settings({ 'alive-set': 'ip6/filter/trusted' });
    expect(() => confinedTo([])(alive)).toThrow(/^alive-set: /);
    expect(confinedTo([])(alive, alive).aliveSet).toBe('ip6/filter/trusted');
  });
});
