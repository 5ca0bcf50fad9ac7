// Runs behind the compiler: leaves the parsed dissectors beside the compiled code, so that no run has to parse YAML.
import { writeDissectorCache } from '../dist/dissect/load.js';

writeDissectorCache();
