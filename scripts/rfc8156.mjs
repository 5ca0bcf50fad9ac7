/** Makes docs/rfc8156.md from docs/rfc8156.yaml: `node scripts/rfc8156.mjs`. A test sees to it that they agree. */
import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';

const HEAD = `# RFC 8156 §4 to §8, requirement by requirement

Made from rfc8156.yaml by scripts/rfc8156.mjs. In our words: what must or should be, where it is done, and what shows it: a
test, or, in quotation marks, an invariant that the simulator watches in every run (\`src/sim/checks.ts\`).
`;

/** The page as it has to be. */
export function page(yaml) {
  let text = HEAD;
  let section = '';
  for (const { at, word, what, by, shown, not } of parse(yaml)) {
    if (at !== section) text += `\n## §${at}\n\n`;
    section = at;
    const proof = shown === undefined ? `Not done or not applicable: ${not}.` : `Shown by ${test(shown)}.`;
    text += `- **${word}**: ${what}. Done in [${by}](../src/${by}). ${proof}\n`;
  }
  return text;
}

function test(shown) {
  return shown.startsWith("'") ? `“${shown.slice(1, -1)}”` : `[${shown}](../test/${shown})`;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const yaml = readFileSync(new URL('../docs/rfc8156.yaml', import.meta.url), 'utf8');
  writeFileSync(new URL('../docs/rfc8156.md', import.meta.url), page(yaml));
}
