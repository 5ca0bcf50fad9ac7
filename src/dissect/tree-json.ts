/**
 * JSON of a tree: the slow, complete way, for messages in which something is wrong. `json.ts` writes the same for
 * messages in which nothing is; a property test holds the two together.
 */
import type { Field, ReadProblem, TreeNode } from './message.ts';

type JsonObject = Record<string, unknown>;

/** Member of an option's value under which a message inside it stands. */
export const RELAY_MESSAGE = 'relay-message';
/** Member of an option's value under which an enterprise's sub-options stand. */
export const SUB_OPTIONS = 'sub-options';
const SUB_OPTION_DATA = 'sub-option-data';

/** The objects of the options in a node. Octets that are no option stand with the problem that says so. */
export function optionObjects(tree: TreeNode): JsonObject[] {
  return tree.children.filter((child) => child.kind !== 'octets').map(optionObject);
}

function optionObject(node: TreeNode): JsonObject {
  const value = valueObject(node.fields);
  for (const child of node.children) {
    if (child.kind === 'message') value[RELAY_MESSAGE] = nestedMessage(child);
  }
  const subOptions = node.children.filter((child) => child.kind === 'sub-option');
  if (node.fields.some((field) => field.name === 'vendor-option-data'))
    value[SUB_OPTIONS] = subOptions.map(subOption);
  return {
    code: node.code,
    name: node.name,
    len: optionLength(node),
    value,
    ...(node.encapsulates && { options: optionObjects(node) }),
    ...malformed(node.problems),
  };
}

/** What option-len says: the problem of an option that does not fit has it, for all others it is their size. */
function optionLength(node: TreeNode): number {
  const claim = /^option-len (\d+) exceeds/.exec(node.problems[0]?.message ?? '');
  return claim === null ? node.end - node.start - 4 : Number(claim[1]);
}

function subOption(node: TreeNode): JsonObject {
  const [data, ...fields] = node.fields;
  return {
    'sub-opt-code': node.code,
    ...(node.name !== null && { name: node.name }),
    [SUB_OPTION_DATA]: data?.value ?? null,
    ...(node.name !== null && { value: valueObject(fields) }),
    ...(node.encapsulates && { [SUB_OPTIONS]: node.children.map(subOption) }),
    ...malformed(node.problems),
  };
}

function nestedMessage(node: TreeNode): JsonObject {
  return { ...valueObject(node.fields), options: optionObjects(node), ...malformed(node.problems) };
}

function valueObject(fields: readonly Field[]): JsonObject {
  const value: JsonObject = {};
  for (const field of fields) value[field.name] = field.value;
  return value;
}

function malformed(problems: readonly ReadProblem[]): JsonObject {
  return problems.length > 0 ? { malformed: problems.map((problem) => problem.message).join('; ') } : {};
}
