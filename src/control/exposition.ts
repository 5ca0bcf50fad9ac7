/**
 * The text format in which Prometheus reads counters (exposition format 0.0.4): families of samples in, the page out.
 * What is counted is for the metrics of proxy and server.
 */

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
  /** What a histogram's samples are called behind the name of their family. */
  readonly suffix?: '_bucket' | '_sum' | '_count';
}

export interface Family {
  /** With its unit, and `_total` if it is a counter. */
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** One sentence. */
  readonly help: string;
  readonly samples: readonly Sample[];
}

export function family(name: string, type: Family['type'], help: string, samples: readonly Sample[]): Family {
  return { name, type, help, samples };
}

/** The page. Families of one name stand together; those without a sample are left out. */
export function exposition(families: Iterable<Family>): string {
  const lines = new Map<string, string[]>();
  for (const { name, type, help, samples } of families) {
    if (samples.length === 0) continue;
    const together = lines.get(name) ?? [`# HELP ${name} ${escaped(help)}`, `# TYPE ${name} ${type}`];
    lines.set(name, together);
    for (const { labels, value, suffix = '' } of samples)
      together.push(`${name}${suffix}${labelText(labels)} ${numberText(value)}`);
  }
  return [...lines.values()]
    .flat()
    .map((line) => `${line}\n`)
    .join('');
}

/** A family with these labels before those that its samples have. */
export function labelled(family: Family, labels: Labels): Family {
  const samples = family.samples.map((sample) => ({ ...sample, labels: { ...labels, ...sample.labels } }));
  return { ...family, samples };
}

/**
 * A distribution as a histogram's samples: `counts` are of what is not above the `ends`, in rising order, and `count` of
 * all.
 */
export function histogramSamples(
  ends: readonly number[],
  counts: readonly number[],
  sum: number,
  count: number,
): readonly Sample[] {
  const bucket = (le: string, value: number): Sample => ({ labels: { le }, value, suffix: '_bucket' });
  return [
    ...ends.map((end, at) => bucket(numberText(end), counts[at] ?? 0)),
    bucket('+Inf', count),
    { labels: {}, value: sum, suffix: '_sum' },
    { labels: {}, value: count, suffix: '_count' },
  ];
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(
    ([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`,
  );
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function numberText(value: number): string {
  if (Number.isFinite(value) || Number.isNaN(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
}
