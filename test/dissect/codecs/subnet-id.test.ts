/**
 * OPTION_PD_EXCLUDE (RFC 6603 §4.2): the excluded prefix is put together from two options, and the length of the subnet ID
 * is right or wrong by the lengths of both prefixes.
 */
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../../src/base/bytes.ts';
import type { TreeNode } from '../../../src/dissect/message.ts';
import { messageOf } from '../made.ts';

/** A REPLY with an IA_PD, its prefix 2001:db8::/`length`, and in that the option with these contents. */
function excluding(length: string, contents: string) {
  const hex = (text: string): string => text.replaceAll(' ', '');
  const option = (code: string, body: string): string =>
    code + (body.length / 2).toString(16).padStart(4, '0') + body;
  const prefix = `00000bb800000e10${length}20010db80000000000000000000000ff`;
  const iaprefix = option('001a', prefix + option('0043', hex(contents)));
  const message = messageOf(
    fromHex(`07abcdef${option('0019', `000000010000070800000b40${iaprefix}`)}`) as Uint8Array,
    'dhcpv6',
  );
  const within = (node: TreeNode): TreeNode =>
    node.children[0] === undefined ? node : within(node.children[0]);
  const field = within(message.tree()).fields.find(({ name }) => name === 'excluded-prefix');
  return { message, excluded: field?.value, said: message.problems().map((problem) => problem.message) };
}

describe('an excluded prefix', () => {
  // Eight bits fill an octet, nine need another; host bits of the delegated prefix do not show.
  it.each([
    ['38', '40 ff', '2001:db8:0:ff::/64'],
    ['37', '40 ff80', '2001:db8:0:1ff::/64'],
    ['3f', '40 80', '2001:db8:0:1::/64'],
    ['40', '80 0000000000000001', '2001:db8::1/128'],
    ['00', '08 20', '2000::/8'],
  ])('of /%s and %s is %s', (length, contents, prefix) => {
    const { message, excluded, said } = excluding(length, contents);
    expect(said).toEqual([]);
    expect(excluded).toBe(prefix);
    expect(message.glance().clean).toBe(true);
    expect(message.json()).toContain(`"excluded-prefix":"${prefix}"`);
    expect(message.json()).not.toContain('malformed');
  });

  it.each([
    ['38', '40 ff80', '2 octets, but from length 56 to length 64 it takes 1'],
    ['37', '40 ff', '1 octets, but from length 55 to length 64 it takes 2'],
    ['40', '40 00', 'prefix length 64 is not more than the 64 of the prefix around'],
    ['38', '81 00', 'prefix length 129 is more than 128'],
  ])('of /%s and %s cannot be: %s', (length, contents, words) => {
    const { message, excluded, said } = excluding(length, contents);
    expect(said).toEqual([`IPv6-subnet-ID: ${words}`]);
    expect(excluded).toBeNull();
    expect(message.glance().clean).toBe(false);
    expect(message.json()).toContain(words);
  });

  it('is not known outside OPTION_IAPREFIX, where only its length can be too long', () => {
    const alone = (contents: string) =>
      messageOf(fromHex(`07abcdef00430002${contents}`) as Uint8Array, 'dhcpv6');
    expect(alone('4078').problems()).toEqual([]);
    expect(alone('4078').json()).toContain('"IPv6-subnet-ID":"78","excluded-prefix":null');
    expect(alone('8178').problems()).toHaveLength(1);
  });
});
