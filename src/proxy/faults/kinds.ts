/** The faults that exist. A new one is a file in this folder and a line here (docs/writing-a-fault.md). */
import { suggestion } from '../../base/nearest.ts';
import { InputError } from '../../base/problem.ts';
import { coalesce } from './coalesce.ts';
import { corrupt } from './corrupt.ts';
import { delay } from './delay.ts';
import { drop } from './drop.ts';
import { duplicate } from './duplicate.ts';
import { edit } from './edit.ts';
import { halfClose, halfOpen, reset } from './endings.ts';
import { hold } from './hold.ts';
import { inject } from './inject.ts';
import type { FaultKind, PreparedAction } from './kind.ts';
import { lieLength } from './lie.ts';
import { partition } from './partition.ts';
import { refuse } from './refuse.ts';
import { rejectAs } from './reject-as.ts';
import { reorder } from './reorder.ts';
import { restamp } from './restamp.ts';
import { skew } from './skew.ts';
import { describeWith, type FaultSpec, subjectOf } from './spec.ts';
import { split } from './split.ts';
import { stall } from './stall.ts';
import { throttle } from './throttle.ts';
import { breakTls, refuseStartTls } from './tls.ts';
import { truncate } from './truncate.ts';
import { wrongCertificate } from './wrong-certificate.ts';

export const FAULT_KINDS: readonly FaultKind[] = [
  drop,
  delay,
  hold,
  duplicate,
  reorder,
  edit,
  rejectAs,
  inject,
  skew,
  restamp,
  corrupt,
  truncate,
  lieLength,
  split,
  coalesce,
  throttle,
  stall,
  halfClose,
  halfOpen,
  reset,
  refuse,
  partition,
  refuseStartTls,
  breakTls,
  wrongCertificate,
];

const BY_NAME: ReadonlyMap<string, FaultKind> = new Map(FAULT_KINDS.map((kind) => [kind.name, kind]));

/** Throws InputError with the nearest name, or all of them, if there is no fault of that name. */
export function faultKind(name: string): FaultKind {
  const kind = BY_NAME.get(name);
  if (kind !== undefined) return kind;
  const known = [...BY_NAME.keys()];
  const hint = suggestion(name, known, `there are: ${known.join(', ')}`);
  throw new InputError(`unknown fault "${name}"${hint}`, ['do']);
}

/** Checks the spec's parameters. Throws InputError. */
export function prepareAction(spec: FaultSpec): PreparedAction {
  return faultKind(spec.do).prepare(spec.parameters);
}

/** What the fault does, in one sentence. Throws InputError if it makes no sense. */
export function describe(spec: FaultSpec): string {
  return describeWith(prepareAction(spec).describe(subjectOf(spec)), spec);
}
