/** Turns what the schema library found wrong into findings: one sentence for one mistake, at its place, with a hint. */
import * as z from 'zod';
import { durationHint, durationStem } from './duration.ts';
import { foreignKey, foreignValue } from './foreign.ts';
import { atKey, atValue, inValue, type Path } from './places.ts';
import type { Report } from './report.ts';
import { notEmpty } from './scalars.ts';
import { serviceKinds } from './serviceSchema.ts';
import { printable, quote, show } from './show.ts';
import { didYouMean, nearest } from './suggest.ts';

type Issue = z.core.$ZodIssue;

/** Checks the part of the file at `base` and reports every mistake in it. */
export function reportIssues(schema: z.core.$ZodType, value: unknown, base: Path, report: Report): void {
  const result = z.safeParse(schema, value, { error: (issue) => wantedInWords(issue) });
  if (result.success) return;
  const misspelt = result.error.issues.flatMap((issue) => misspeltKeys(schema, value, issue));
  const misshapen = new Set(result.error.issues.filter(({ code }) => code === 'invalid_type').map(pathText));
  for (const issue of result.error.issues) {
    // The library measures whatever has a length: a text where a list belongs may be too long for it.
    const isMeasure = issue.code === 'too_big' || issue.code === 'too_small';
    if (misspelt.includes(pathText(issue)) || (isMeasure && misshapen.has(pathText(issue)))) continue;
    reportIssue(schema, value, base, issue, report);
  }
}

const pathText = (issue: Issue): string => slashed(issue.path);

/** Known keys that unknown ones stand for: to call `addresses` missing beside `adresses` would be one mistake told twice. */
function misspeltKeys(schema: z.core.$ZodType, value: unknown, issue: Issue): string[] {
  if (issue.code !== 'unrecognized_keys') return [];
  const inside = pathOf(issue);
  const present = lookUp(value, inside);
  const missing = keysAt(schema, value, inside).filter((key) => lookUp(present, [key]) === undefined);
  return issue.keys.flatMap((key) => nearest(key, missing) ?? []).map((key) => slashed([...inside, key]));
}

const slashed = (path: readonly PropertyKey[]): string => path.map(String).join('/');

function reportIssue(schema: z.core.$ZodType, value: unknown, base: Path, issue: Issue, report: Report): void {
  const inside = pathOf(issue);
  const path = [...base, ...inside];
  const found = lookUp(value, inside);
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, value, inside);
    for (const key of issue.keys)
      report.error('UNKNOWN_KEY', atKey(...path, key), `unknown key ${quote(key)}`, hintForKey(key, known, path));
    return;
  }
  if (issue.code === 'invalid_key') {
    report.error('BAD_NAME', atKey(...path), `${label(path)} ${issue.issues[0]?.message ?? 'is no name'}`);
    return;
  }
  const union = issue.code === 'invalid_union' ? schemaAt(schema, value, inside) : null;
  const list = union === null ? null : asList(union, found);
  const option = optionFor(union, found);
  if (list !== null) {
    const hint = `write [${list.join(', ')}]`;
    report.error(
      'BAD_TYPE',
      atValue(...path),
      `${label(path)} must be a list when it holds several, not ${show(found)}`,
      hint,
    );
  } else if (option !== null) reportIssues(option, found, path, report);
  else reportValue(issue, path, found, report);
}

/** `n1, n2` where one name or a list of them is wanted: the list that was meant. */
function asList(union: z.core.$ZodType, found: unknown): readonly string[] | null {
  if (typeof found !== 'string' || found.length > listLengthMax) return null;
  const parts = printable(found)
    .trim()
    .split(/[\s,]+/);
  return parts.length > 1 && z.safeParse(union, parts).success ? parts : null;
}

const listLengthMax = 200;

function reportValue(issue: Issue, path: Path, found: unknown, report: Report): void {
  if (found === undefined) {
    report.error('MISSING_KEY', atKey(...path), `${label(path)} is missing`);
    return;
  }
  if (found === null) {
    report.error('BAD_TYPE', atValue(...path), `${label(path)} has no value`, emptyHint(issue.message));
    return;
  }
  const inside = issue.code === 'custom' ? (issue.params?.at as unknown) : undefined;
  if (typeof inside === 'number' && typeof found === 'string') {
    report.error('BAD_RULE', inValue(path, found, inside), `${label(path)}: ${issue.message}`, ownHint(issue));
    return;
  }
  if (typeof found === 'string' && found.startsWith(blankStem)) {
    report.error(
      'BAD_VALUE',
      atValue(...path),
      `${label(path)} is still to be filled in: ${quote(found)}`,
      emptyHint(issue.message),
    );
    return;
  }
  const isDuration = issue.message.startsWith(durationStem);
  const wrongForm = issue.code === 'invalid_type' || issue.code === 'invalid_union';
  const code = isDuration ? 'BAD_DURATION' : wrongForm ? 'BAD_TYPE' : 'BAD_VALUE';
  const hint = (isDuration ? durationHint(found) : null) ?? ownHint(issue) ?? enumHint(issue, found);
  const guess = formHint(found, issue.message) ?? foreignValue(found, issue.message);
  report.error(code, atValue(...path), valueMessage(issue, path, found), hint ?? guess);
}

/** What is usually wrong where a mapping or list is wanted and something else was found. */
function formHint(found: unknown, wanted: string): string | null {
  if (wanted.startsWith(listWanted)) return typeof found === 'object' ? 'each of its items begins with «- »' : null;
  if (!wanted.startsWith(mappingWanted)) return null;
  if (Array.isArray(found)) return 'its keys stand without «- » before them';
  if (typeof found !== 'string') return null;
  if (found.startsWith('<')) return '«sempre import pacemaker» makes a cluster file of a CIB';
  return /^[\w.-]+:\S/.test(found) ? 'a space must stand behind each «:»' : null;
}

const mappingWanted = 'must be a mapping';
const listWanted = 'must be a list';

function valueMessage({ message }: Issue, path: Path, found: unknown): string {
  if (message === notEmpty) return `${label(path)} ${message}`;
  return isWish(message) ? `${label(path)} ${message}, not ${show(found)}` : `${show(found)} ${message}`;
}

/** How the imports begin what they could not know. */
const blankStem = 'FILL-IN-';

/** «must be …» is said of the key, anything else of the value. */
const isWish = (message: string): boolean => message.startsWith('must');

/** For what the schemas do not word themselves. */
function wantedInWords(issue: z.core.$ZodRawIssue): string {
  if (issue.code !== 'invalid_type') return 'must be something else';
  switch (issue.expected) {
    case 'object':
    case 'record':
      return `${mappingWanted} (key: value)`;
    case 'array':
      return listWanted;
    default:
      return `must be of type ${String(issue.expected)}`;
  }
}

const emptyHint = (wanted: string): string | null => (isWish(wanted) ? `it ${wanted}` : null);

function ownHint(issue: Issue): string | null {
  const hint: unknown = issue.code === 'custom' ? issue.params?.hint : null;
  return typeof hint === 'string' ? hint : null;
}

function enumHint(issue: Issue, found: unknown): string | null {
  if (issue.code !== 'invalid_value' || typeof found !== 'string') return null;
  return didYouMean(found, issue.values.map(String));
}

const stopHint =
  'it is the same at all times, because other nodes count on it when they lose one: say the longest at the service';

/** A key that is known elsewhere was not misspelt: it stands at the wrong place. */
function hintForKey(key: string, known: readonly string[], path: Path): string | null {
  if (key === 'stop-timeout' && path.includes('rules')) return stopHint;
  const isService = path.length === 2 && path[0] === 'services';
  const kinds = isService ? Object.entries(serviceKinds).filter(([, kind]) => Object.hasOwn(kind.shape, key)) : [];
  // A container may have an agent, too, which is not asked for everything.
  const named = kinds.map(([kind]) =>
    kind === 'agent' && known.includes('container') ? 'agent, outside of a container' : kind,
  );
  if (named.length > 0) return `it goes with ${named.join(', ')}`;
  return (
    foreignKey(key, known) ?? didYouMean(key, known) ?? (known.length === 0 ? null : `known here: ${known.join(', ')}`)
  );
}

/** «interval», or «servers», item 2. */
function label(path: Path): string {
  const last = path.at(-1);
  if (last === undefined) return 'the file';
  return typeof last === 'number' ? `${label(path.slice(0, -1))}, item ${last + 1},` : quote(last);
}

const pathOf = (issue: Issue): Path => issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));

function lookUp(value: unknown, path: Path): unknown {
  let found = value;
  for (const part of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, part)) return undefined;
    found = (found as Record<string | number, unknown>)[part];
  }
  return found;
}

function keysAt(schema: z.core.$ZodType, value: unknown, path: Path): string[] {
  const at = schemaAt(schema, value, path);
  const object = optionFor(at, lookUp(value, path)) ?? at;
  return object instanceof z.ZodObject ? Object.keys(object.shape) : [];
}

/** The part of the schema that is about this part of the value; null where the schema says nothing. */
function schemaAt(schema: z.core.$ZodType, value: unknown, path: Path): z.core.$ZodType | null {
  if (schema instanceof z.ZodOptional) return schemaAt(schema.unwrap(), value, path);
  const [part, ...rest] = path;
  if (part === undefined) return schema;
  const next = lookUp(value, [part]);
  if (schema instanceof z.ZodUnion) {
    const option = optionFor(schema, value);
    return option === null ? null : schemaAt(option, value, path);
  }
  if (schema instanceof z.ZodArray) return schemaAt(schema.element, next, rest);
  if (schema instanceof z.ZodRecord) return schemaAt(schema.valueType, next, rest);
  if (!(schema instanceof z.ZodObject)) return null;
  const member: z.core.$ZodType | undefined = Object.hasOwn(schema.shape, part) ? schema.shape[part] : undefined;
  return member === undefined ? null : schemaAt(member, next, rest);
}

/** The one way to write a thing that its writer chose: the first option that does not refuse the value as a whole. */
function optionFor(schema: z.core.$ZodType | null, value: unknown): z.core.$ZodType | null {
  if (!(schema instanceof z.ZodUnion)) return null;
  return schema.options.find((option) => fits(option, value)) ?? null;
}

function fits(option: z.core.$ZodType, value: unknown): boolean {
  const result = z.safeParse(option, value);
  return result.success || !result.error.issues.some(refusesWhole);
}

const refusesWhole = (issue: Issue): boolean =>
  issue.path.length === 0 && ['invalid_type', 'invalid_value', 'invalid_union'].includes(issue.code);
