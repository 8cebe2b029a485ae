/**
 * Writes the pages of the guide that are lists: all keys of the cluster file, from the schema that checks it, and all errors.
 * `--check` only compares: a key or an error without its line in the guide is a mistake.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clusterJsonSchema } from '../src/config/jsonSchema.ts';
import { problemCodes } from '../src/config/problems.ts';
import { type ErrorCode, errorCodes } from '../src/lib/errors.ts';
import { exitFor } from '../src/lib/exit.ts';

interface Schema {
  readonly description?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
}

function render(root: Schema): string {
  const { services, constraints } = root.properties ?? {};
  const head = [
    '# The cluster file',
    '',
    'Every key, from the schema that checks it (`sempre schema` prints it for editors; `sempre validate FILE` applies it).',
    'A whole example: [examples/web-server-pair/cluster.yaml](../../examples/web-server-pair/cluster.yaml).',
    'Times are written `200ms`, `10s`, `5m`, `2h`, `1d`.',
    '',
  ];
  const kinds = memberSchema(services)?.anyOf ?? [];
  const shared = sharedKeys(kinds);
  const sections = [
    ...table('The file', rows('', root, 1)),
    ...table('Every service', rows('', { properties: shared }, 2)),
    ...kinds.flatMap((kind) => kindSection(kind, shared)),
    ...table('Constraints', rows('', constraints ?? {}, 2)),
  ];
  return `${[...head, ...sections].join('\n').trimEnd()}\n`;
}

/** They have tables of their own, or the keys of services. */
const elsewhere: ReadonlySet<string> = new Set(['services', 'constraints', 'defaults', 'templates', 'groups']);

/** Keys that all kinds of service have, as those have them that have the least of them. */
function sharedKeys(kinds: readonly Schema[]): Record<string, Schema> {
  const all = kinds.map((kind) => kind.properties ?? {});
  const sizeOf = (schema: Schema | undefined): number => JSON.stringify(schema).length;
  const least = (key: string): Schema =>
    all.flatMap((kind) => kind[key] ?? []).toSorted((a, b) => sizeOf(a) - sizeOf(b))[0] ?? {};
  const keys = Object.keys(all[0] ?? {}).filter((key) => all.every((kind) => key in kind));
  return Object.fromEntries(keys.map((key) => [key, least(key)]));
}

const isSame = (a: Schema, b: Schema | undefined): boolean => JSON.stringify(a) === JSON.stringify(b);

function kindSection(kind: Schema, shared: Record<string, Schema>): string[] {
  const own = Object.entries(kind.properties ?? {}).filter(([key, schema]) => !isSame(schema, shared[key]));
  const name = own[0]?.[0] ?? '';
  return table(`Services with \`${name}\``, rows('', { properties: Object.fromEntries(own) }, 3));
}

function table(title: string, lines: readonly string[]): string[] {
  return [`## ${title}`, '', '| key | value | meaning |', '| --- | --- | --- |', ...lines, ''];
}

function rows(prefix: string, schema: Schema, depth: number): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    const line = `| \`${path}\` | ${cellText(typeOf(value))} | ${cellText(value.description ?? '')} |`;
    const nested = depth === 1 && elsewhere.has(key) ? null : nestedIn(path, value);
    return [line, ...(nested === null ? [] : rows(nested.path, nested.schema, depth + 1))];
  });
}

/** The mapping that stands under a key, in one of the ways to write it; NAME stands for names that the user chooses. */
function nestedIn(path: string, value: Schema): { readonly path: string; readonly schema: Schema } | null {
  const own = mappingIn(value);
  if (own !== undefined) return { path, schema: own };
  const member = memberSchema(value);
  const named = member === undefined ? undefined : mappingIn(member);
  return named === undefined ? null : { path: `${path}.NAME`, schema: named };
}

const mappingIn = (schema: Schema): Schema | undefined =>
  [schema, ...(schema.anyOf ?? []), ...(schema.items?.anyOf ?? []), schema.items ?? {}].find((each) => each.properties);

function typeOf(schema: Schema): string {
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(typeOf))].join(' or ');
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (schema.type === 'array') return `list of ${schema.items === undefined ? 'values' : typeOf(schema.items)}`;
  if (schema.type === 'object') return 'mapping';
  return schema.type === 'string' ? 'text' : (schema.type ?? 'value');
}

const memberSchema = (schema: Schema | undefined): Schema | undefined =>
  typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : undefined;

const cellText = (cell: string): string => cell.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** Error codes with their exit codes, and what can be wrong with a cluster file. */
function renderErrors(): string {
  const errors = Object.entries(errorCodes).map(
    ([code, meaning]) => `| \`${code}\` | ${exitFor(code as ErrorCode)} | ${cellText(meaning)} |`,
  );
  const problems = Object.entries(problemCodes).map(([code, meaning]) => `| \`${code}\` | ${cellText(meaning)} |`);
  const lines = [
    '# Errors and exit codes',
    '',
    'Every error says what failed, where, why, and what to do next. Scripts read the exit code. 0 is success; `plan` ends with 1 when',
    'actions are pending, `diff` and `sim` when something differs; a change that was made but did not settle as wanted ends with 2, and so',
    'does an `import` that leaves something to be done. `sempre health` ends as Nagios plugins do: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.',
    '',
    '| error | exit code | meaning |',
    '| --- | --- | --- |',
    ...errors,
    '',
    '## What `sempre validate` finds',
    '',
    'Exit code 78 when there is an error. `-o json` gives each with file, line and column.',
    '',
    '| problem | meaning |',
    '| --- | --- |',
    ...problems,
  ];
  return `${lines.join('\n')}\n`;
}

const pages = [
  { name: 'cluster-file.md', text: render(clusterJsonSchema() as Schema) },
  { name: 'errors.md', text: renderErrors() },
];
for (const { name, text } of pages) {
  const path = join(import.meta.dirname, '../docs/guide', name);
  if (!process.argv.includes('--check')) writeFileSync(path, text);
  else if (readFileSync(path, 'utf8') !== text) {
    process.stderr.write(`docs/guide/${name} is not what the code says; write it anew with: npm run reference\n`);
    process.exitCode = 1;
  }
}
