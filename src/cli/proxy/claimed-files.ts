/**
 * Which relationship of this process writes which file: two that write one would leave nothing that anybody can read.
 * Other processes do not write them either. Nothing is opened here.
 */
import { resolve } from 'node:path';
import { InputError } from '../../base/problem.ts';
import { soleWriter } from '../sole-writer.ts';

export class ClaimedFiles {
  private readonly by = new Map<string, string>();

  /** How to give them back. Rejects with InputError if one of them has a writer; then none is taken. */
  async claim(relationship: string, paths: readonly (string | undefined)[]): Promise<() => void> {
    const taken: string[] = [];
    const giveBack = (): void => {
      for (const path of taken) this.by.delete(path);
    };
    for (const path of paths) {
      if (path === undefined) continue;
      const whole = resolve(path);
      const other = this.by.get(whole);
      if (other !== undefined) {
        giveBack();
        throw new InputError(`${path}: the relationship "${other}" writes there already`);
      }
      this.by.set(whole, relationship);
      taken.push(whole);
    }
    try {
      const freeForOthers = await soleWriter(paths);
      return () => {
        freeForOthers();
        giveBack();
      };
    } catch (error) {
      giveBack();
      throw error;
    }
  }
}
