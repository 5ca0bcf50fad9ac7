/** That commands in the documentation can be pasted: what is said about one stands behind a `#`. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const top = fileURLToPath(new URL('../../', import.meta.url));
const pages = ['README.md', ...readdirSync(`${top}docs`).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith('.md'),
);

it.each(pages)('%s', (page) => {
  const commands = readFileSync(top + page, 'utf8')
    .split('\n')
    .filter((line) => /^ {4}(leasetap|tcpdump|tshark|npm|curl) /.test(line));
  expect(commands.filter((line) => /\S {3,}[^\s#\\]/.test(line))).toEqual([]);
});
