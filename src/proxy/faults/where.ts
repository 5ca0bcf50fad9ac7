/**
 * Conditions on a message's fields: `lease in 2001:db8:1::/64 and status-code == 16`. Terms are joined by `and`; a
 * term holds if any field of that name in the whole message fits. Names are the RFC's field names; `lease` stands for
 * every IPv6 address and prefix of a binding, `type` for the message name.
 */

import { type Ipv6Prefix, parseIpv6, parsePrefix, prefixContains } from '../../base/ipv6.ts';
import { InputError } from '../../base/problem.ts';
import type { Field, Message, TreeNode } from '../../dissect/message.ts';

/** Whether a fault's condition chooses a message. */
export type MessagePredicate = (message: Message) => boolean;

/** Makes a predicate of a condition's text. Throws InputError. */
export type ConditionCompiler = (text: string) => MessagePredicate;

const LEASE_FIELDS: readonly string[] = ['IPv6-address', 'IPv6-prefix'];
const TERMS_MAX = 32;

export const compileWhere: ConditionCompiler = (text) => {
  const terms = text
    .trim()
    .split(/\s+(?:and|&&)\s+/i)
    .map(compileTerm);
  if (terms.length > TERMS_MAX)
    throw new InputError(`condition has ${terms.length} terms; at most ${TERMS_MAX}`);
  return (message) => terms.every((term) => term(message));
};

type Comparison = (field: Field) => boolean;

function compileTerm(text: string): MessagePredicate {
  const parts = /^([\w-]+)\s*(==|!=|<=|>=|<|>|\bin\b)\s*(\S+)$/.exec(text.trim());
  if (parts === null) {
    throw new InputError(`condition "${text}": expected FIELD == VALUE, FIELD < VALUE or lease in PREFIX`);
  }
  const [, name, operator, value] = parts as unknown as [string, string, string, string];
  if (name === 'type') return compareType(text, operator, value);
  const names = name === 'lease' ? LEASE_FIELDS : [name];
  const holds = comparison(text, operator, value);
  return (message) => someField(message.tree(), (field) => names.includes(baseName(field)) && holds(field));
}

function compareType(text: string, operator: string, value: string): MessagePredicate {
  if (operator === '==') return (message) => message.msgName === value.toUpperCase();
  if (operator === '!=') return (message) => message.msgName !== value.toUpperCase();
  throw new InputError(`condition "${text}": a type can only be == or !=`);
}

/** `binding-status-name` is compared where `binding-status` is asked for. */
function baseName(field: Field): string {
  return field.name.endsWith('-name') ? field.name.slice(0, -'-name'.length) : field.name;
}

function comparison(text: string, operator: string, value: string): Comparison {
  if (operator === 'in') {
    const prefix = parsePrefix(value);
    if (prefix === undefined)
      throw new InputError(`condition "${text}": expected an IPv6 prefix such as 2001:db8::/64`);
    return (field) => isInside(prefix, field);
  }
  if (operator === '==' || operator === '!=') {
    const same = sameValue(value);
    return operator === '==' ? same : (field) => !same(field);
  }
  const limit = Number(value);
  if (!Number.isFinite(limit)) throw new InputError(`condition "${text}": ${operator} needs a number`);
  return (field) => typeof field.value === 'number' && inOrder(operator, field.value, limit);
}

function inOrder(operator: string, a: number, b: number): boolean {
  if (operator === '<') return a < b;
  if (operator === '<=') return a <= b;
  return operator === '>' ? a > b : a >= b;
}

function sameValue(value: string): Comparison {
  const number = /^(0x[\da-f]+|\d+)$/i.test(value) ? Number(value) : undefined;
  const address = parseIpv6(value)?.join();
  const word = value.toLowerCase();
  return ({ value: found }) => {
    if (typeof found === 'number') return found === number;
    if (typeof found !== 'string') return false;
    return found.toLowerCase() === word || (address !== undefined && parseIpv6(found)?.join() === address);
  };
}

function isInside(prefix: Ipv6Prefix, { value }: Field): boolean {
  if (typeof value !== 'string') return false;
  const address = parsePrefix(value)?.address ?? parseIpv6(value);
  return address !== undefined && prefixContains(prefix, address);
}

function someField(node: TreeNode, holds: Comparison): boolean {
  return node.fields.some(holds) || node.children.some((child) => someField(child, holds));
}
