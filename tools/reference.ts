/**
 * Writes docs/guide/cluster-file.md, the list of all keys of the cluster file, from the schema that checks it.
 * `--check` only compares: a key without its line in the guide is a mistake.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clusterJsonSchema } from '../src/config/jsonSchema.ts';

interface Schema {
  readonly description?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
}

const page = join(import.meta.dirname, '../docs/guide/cluster-file.md');
function render(root: Schema): string {
  const { services, ...others } = root.properties ?? {};
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
    ...table('The file', rows('', { properties: { ...others, ...(services === undefined ? {} : { services }) } }, 1)),
    ...table('Every service', rows('', { properties: shared }, 2)),
    ...kinds.flatMap((kind) => kindSection(kind, shared)),
  ];
  return `${[...head, ...sections].join('\n').trimEnd()}\n`;
}

/** Keys that all kinds of service have alike. */
function sharedKeys(kinds: readonly Schema[]): Record<string, Schema> {
  const [first, ...rest] = kinds.map((kind) => kind.properties ?? {});
  const all = Object.entries(first ?? {}).filter(([key]) => rest.every((kind) => key in kind));
  return Object.fromEntries(all);
}

function kindSection(kind: Schema, shared: Record<string, Schema>): string[] {
  const own = Object.entries(kind.properties ?? {}).filter(([key]) => !(key in shared));
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
    const nested =
      depth > 1 || key === 'heartbeat'
        ? [value, ...(value.anyOf ?? []), ...(value.items?.anyOf ?? [])].find((each) => each.properties)
        : undefined;
    return [line, ...(nested === undefined ? [] : rows(path, nested, depth))];
  });
}

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

const text = render(clusterJsonSchema() as Schema);

if (!process.argv.includes('--check')) writeFileSync(page, text);
else if (readFileSync(page, 'utf8') !== text) {
  process.stderr.write(
    'docs/guide/cluster-file.md is not what the schema says; write it anew with: npm run reference\n',
  );
  process.exitCode = 1;
}
