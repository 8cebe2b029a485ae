/** The next input, from examples, in the way that suits their form. */
import { parse, stringify } from 'yaml';
import type { Prng } from '../sim/world/prng.ts';
import { mutateBytes } from './mutate-bytes.ts';
import { mutateJson } from './mutate-json.ts';
import { type Form, inputBytesMax, isTooDeep, jsonOf } from './target.ts';

export function mutate(chance: Prng, form: Form, input: Buffer, other: Buffer, words: readonly string[]): Buffer {
  const alongStructure = form !== 'bytes' && form !== 'text' && chance.chance(0.75);
  const changed = alongStructure ? structured(chance, form, input, other, words) : null;
  const bytes = changed === null ? mutateBytes(chance, input, other, words) : Buffer.from(changed);
  return bytes.length > inputBytesMax ? bytes.subarray(0, inputBytesMax) : bytes;
}

/** Null where the input has no such structure (any more). */
function structured(chance: Prng, form: Form, input: Buffer, other: Buffer, words: readonly string[]): string | null {
  if (form === 'json') return inJson(chance, input, other, words);
  if (form === 'yaml') return inYaml(chance, input, other, words);
  const lines = input.toString('utf8').split('\n');
  const others = other.toString('utf8').split('\n');
  const at = chance.below(lines.length);
  const line = inJson(chance, Buffer.from(lines[at] ?? ''), Buffer.from(chance.pick(others)), words);
  return line === null ? null : lines.with(at, line).join('\n');
}

/** Null also where the value is too deep for those who copy and write it, which go down recursively. */
function inJson(chance: Prng, input: Buffer, other: Buffer, words: readonly string[]): string | null {
  const value = jsonOf(input);
  if (value === undefined) return null;
  try {
    return JSON.stringify(mutateJson(chance, value, jsonOf(other) ?? null, words)) ?? null;
  } catch {
    return null;
  }
}

const yamlBytesMax = 16 * 1024;
/** Each level is indented by all those above: deeper values go as JSON. */
const yamlLevelsMax = 100;

/** Written as YAML, or as JSON, which YAML is too. */
function inYaml(chance: Prng, input: Buffer, other: Buffer, words: readonly string[]): string | null {
  // The library takes time with the square of some texts: an input must not cost more to make than to read.
  if (input.length + other.length > yamlBytesMax) return null;
  try {
    const options = { maxAliasCount: 100, logLevel: 'silent' } as const;
    const [value, piece] = [parse(input.toString('utf8'), options), parse(other.toString('utf8'), options)];
    const changed = mutateJson(chance, value, piece, words);
    const json = JSON.stringify(changed);
    const suits = json.length < yamlBytesMax && !isTooDeep(Buffer.from(json), yamlLevelsMax);
    return chance.chance(0.7) && suits ? stringify(changed, { lineWidth: 0 }) : json;
  } catch {
    return null;
  }
}
