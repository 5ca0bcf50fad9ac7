/** Runs the examples that stand in dissector files: octets in, fields out, and the same octets back. */
import { fromHex, NO_BYTES } from '../base/bytes.ts';
import type { Dissectors } from './compile.ts';
import type { ExampleDefinition } from './definition.ts';
import type { TreeNode } from './message.ts';
import type { CompiledProtocol, OptionCodec, Space } from './space.ts';
import { messageTree, optionTrees } from './tree.ts';

/** One example that did not come out as its file says. */
export interface ExampleFailure {
  /** Where it stands: protocol or vendor and option name. */
  readonly where: string;
  readonly hex: string;
  readonly message: string;
}

export interface ExampleReport {
  /** How many were run. */
  readonly count: number;
  readonly failures: readonly ExampleFailure[];
}

/** Runs all examples of the dissectors. */
export function runExamples(dissectors: Dissectors): ExampleReport {
  const failures: ExampleFailure[] = [];
  let count = 0;
  const note = (where: string, example: ExampleDefinition, problems: readonly string[]): void => {
    count++;
    for (const message of problems) failures.push({ where, hex: example.hex, message });
  };
  const seen = new Set<OptionCodec>();
  const runSpace = (space: Space, kind: 'option' | 'sub-option'): void => {
    for (const option of space.byCode.values()) {
      if (seen.has(option)) continue;
      seen.add(option);
      for (const example of option.definition.examples) {
        note(`${space.name} ${option.name}`, example, runOption(space, option, example, kind));
      }
    }
  };
  for (const protocol of dissectors.protocols.values()) {
    const spoken = [protocol, ...protocol.dialects.values()].map(({ space }) => space);
    for (const space of [...spoken, ...protocol.spaces.values()]) runSpace(space, 'option');
    for (const message of protocol.messages.values()) {
      for (const example of message.examples) {
        note(`${protocol.name} ${message.name}`, example, runMessage(protocol, example));
      }
    }
  }
  for (const space of dissectors.vendors.values()) runSpace(space, 'sub-option');
  return { count, failures };
}

function runOption(
  space: Space,
  option: OptionCodec,
  example: ExampleDefinition,
  kind: 'option' | 'sub-option',
): readonly string[] {
  const contents = fromHex(example.hex) ?? NO_BYTES;
  const { code } = option;
  const bytes = Uint8Array.of(
    code >> 8,
    code & 0xff,
    contents.length >> 8,
    contents.length & 0xff,
    ...contents,
  );
  const [node] = optionTrees(space, bytes, kind);
  return node === undefined ? ['is not read as an option'] : compareNode(node, example.expect);
}

function runMessage(protocol: CompiledProtocol, example: ExampleDefinition): readonly string[] {
  const bytes = fromHex(example.hex) ?? NO_BYTES;
  return compareNode(messageTree(protocol, protocol.space, bytes, 0, bytes.length), example.expect);
}

/** Differences between a node and the members of an expectation; `options` names the children. */
function compareNode(node: TreeNode, expect: Readonly<Record<string, unknown>>): readonly string[] {
  const problems = node.problems.map((problem) => `${problem.path}: ${problem.message}`);
  for (const [name, wanted] of Object.entries(expect)) {
    if (name === 'options' && Array.isArray(wanted)) problems.push(...compareChildren(node, wanted));
    else if (name === 'name') problems.push(...difference(name, node.name, wanted));
    else {
      const field = node.fields.find((candidate) => candidate.name === name);
      if (field === undefined) problems.push(`has no field ${name}`);
      else problems.push(...difference(name, field.value, wanted));
    }
  }
  return problems;
}

function compareChildren(node: TreeNode, wanted: readonly unknown[]): readonly string[] {
  if (wanted.length !== node.children.length)
    return [`has ${node.children.length} options, not ${wanted.length}`];
  return wanted.flatMap((expect, index) =>
    compareNode(node.children[index] as TreeNode, expect as Readonly<Record<string, unknown>>),
  );
}

function difference(name: string, found: unknown, wanted: unknown): readonly string[] {
  const [is, should] = [JSON.stringify(found), JSON.stringify(wanted)];
  return is === should ? [] : [`${name} is ${is}, expected ${should}`];
}
