/** Colours of what a command prints on standard output: the option, and what it comes to. */
import { Option } from 'commander';
import { type ColourDepth, colourDepth } from '../render/style.ts';

export type ColourChoice = 'auto' | 'always' | 'never';

export function colourOption(): Option {
  return new Option('--color <when>', 'colours').choices(['auto', 'always', 'never']).default('auto');
}

/** How standard output is to be coloured. */
export function colourOfOutput(choice: ColourChoice): ColourDepth {
  return colourDepth(choice, process.stdout.isTTY === true, process.env);
}
