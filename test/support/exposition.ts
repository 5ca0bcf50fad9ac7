/**
 * Reads the text format of Prometheus as strictly as its description says (exposition format 0.0.4), so that a page that
 * passes here is one that Prometheus takes: https://prometheus.io/docs/instrumenting/exposition_formats/
 */

export interface ReadFamily {
  readonly type: string;
  readonly help: string;
  /** Keys are as they stand: `name_bucket{le="1"}`. */
  readonly samples: Map<string, number>;
}

interface ReadSample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/;
const NUMBER = /^(NaN|[+-]Inf|[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?)$/;
const TYPES = ['counter', 'gauge', 'histogram'];

/** The families of a page. Throws for whatever is not as it has to be. */
export function readExposition(text: string): ReadonlyMap<string, ReadFamily> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const families = new Map<string, ReadFamily>();
  let help: readonly [name: string, text: string] | undefined;
  let current = '';
  for (const line of text.slice(0, -1).split('\n')) {
    const comment = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line);
    if (comment === null) {
      const family = families.get(current);
      if (family === undefined) throw new Error(`nothing says what this is: ${line}`);
      addSample(family, current, line);
      continue;
    }
    const [, keyword, name = '', rest = ''] = comment;
    if (!NAME.test(name)) throw new Error(`no name: ${line}`);
    if (keyword === 'HELP') {
      if (/\\[^\\n]|\\$/.test(rest.replaceAll('\\\\', ''))) throw new Error(`escape: ${line}`);
      help = [name, rest];
      continue;
    }
    if (help?.[0] !== name) throw new Error(`no HELP before ${line}`);
    if (families.has(name)) throw new Error(`a second time: ${line}`);
    if (!TYPES.includes(rest)) throw new Error(`no type: ${line}`);
    if ((rest === 'counter') !== name.endsWith('_total'))
      throw new Error(`a counter ends in _total: ${name}`);
    families.set(name, { type: rest, help: help[1], samples: new Map() });
    current = name;
  }
  for (const [name, family] of families) check(name, family);
  return families;
}

function addSample(family: ReadFamily, name: string, line: string): void {
  const sample = readSample(line);
  const own = family.type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name];
  if (!own.includes(sample.name)) throw new Error(`not of ${name}: ${line}`);
  const key = line.slice(0, line.lastIndexOf(' '));
  if (family.samples.has(key)) throw new Error(`a second time: ${line}`);
  family.samples.set(key, sample.value);
}

function readSample(line: string): ReadSample {
  const [, name, labelText = '', number = ''] = SAMPLE.exec(line) ?? [];
  if (name === undefined || !NUMBER.test(number)) throw new Error(`no sample: ${line}`);
  const labels = new Map<string, string>();
  for (let rest = labelText; rest !== ''; ) {
    const [whole, label, value] = LABEL.exec(rest) ?? [];
    if (whole === undefined || label === undefined || value === undefined) throw new Error(`label: ${line}`);
    if (label.startsWith('__') || labels.has(label)) throw new Error(`label ${label}: ${line}`);
    labels.set(label, value);
    rest = rest.slice(whole.length);
  }
  return { name, labels, value: Number(number.replace('Inf', 'Infinity')) };
}

function check(name: string, family: ReadFamily): void {
  if (family.samples.size === 0) throw new Error(`${name} has no sample`);
  if (family.type === 'counter' && [...family.samples.values()].some((value) => !(value >= 0)))
    throw new Error(`${name} counts below zero`);
  if (family.type === 'histogram') checkHistogram(name, family);
}

/** Buckets rise, the last one is `+Inf` and what `_count` says, and there is a `_sum`: for each set of other labels. */
function checkHistogram(name: string, { samples }: ReadFamily): void {
  const buckets = new Map<string, (readonly [end: number, count: number])[]>();
  const others = new Map<string, number>();
  for (const [key, value] of samples) {
    const { name: sample, labels } = readSample(`${key} ${value}`);
    const le = labels.get('le');
    const rest = [...labels].filter(([label]) => label !== 'le').map((pair) => pair.join('='));
    if (!sample.endsWith('_bucket')) {
      if (le !== undefined) throw new Error(`le has no place here: ${key}`);
      others.set(`${sample.slice(name.length)} ${rest}`, value);
      continue;
    }
    if (le === undefined || !NUMBER.test(le)) throw new Error(`no le: ${key}`);
    const before = buckets.get(`${rest}`) ?? [];
    const end = Number(le.replace('Inf', 'Infinity'));
    const [lastEnd, lastCount] = before.at(-1) ?? [Number.NEGATIVE_INFINITY, 0];
    if (end <= lastEnd || value < lastCount) throw new Error(`buckets do not rise: ${key}`);
    buckets.set(`${rest}`, [...before, [end, value]]);
  }
  for (const [rest, each] of buckets) {
    const [end, count] = each.at(-1) ?? [0, 0];
    if (end !== Number.POSITIVE_INFINITY) throw new Error(`${name} ${rest} has no +Inf`);
    if (others.get(`_count ${rest}`) !== count) throw new Error(`${name}_count ${rest} is not ${count}`);
    if (!others.has(`_sum ${rest}`)) throw new Error(`no ${name}_sum ${rest}`);
  }
  if (others.size !== buckets.size * 2) throw new Error(`${name}: sums without buckets`);
}
