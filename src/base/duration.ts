/** Lengths of time as people write them, with a unit: in filters, faults, scenarios, options and configurations. */

/** From the shortest to the longest. */
export const SECONDS_OF_UNIT: Readonly<Record<string, number>> = {
  us: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
};

/** Seconds of `250ms`, `+7s`, `-2m`, `1h`, `3d`, `2w`, or of a number alone; `undefined` if it is none of these. */
export function parseDuration(text: string): number | undefined {
  const parts = /^([+-]?\d+(?:\.\d+)?)(us|ms|[smhdw])?$/.exec(text);
  return parts === null ? undefined : Number(parts[1]) * (SECONDS_OF_UNIT[parts[2] ?? 's'] as number);
}
