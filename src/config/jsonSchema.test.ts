import { expect, test } from 'vitest';
import { clusterJsonSchema } from './jsonSchema.ts';

interface Part {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Part>> & { readonly services?: Part };
  readonly additionalProperties?: Part | boolean;
  readonly anyOf?: readonly Part[];
  readonly items?: Part;
}

const schema = clusterJsonSchema() as Part & { readonly $schema: string };

test('is a draft 2020-12 schema of strict objects', () => {
  expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
  expect(Object.keys(schema.properties ?? {})).toEqual([
    'cluster',
    'heartbeat',
    'quorum',
    'watchdog',
    'nodes',
    'witness',
    'fencing',
    'services',
    'defaults',
    'templates',
    'groups',
    'constraints',
    'tags',
    'tickets',
    'options',
  ]);
  expect(schema).toMatchObject({ type: 'object', required: ['cluster', 'nodes'], additionalProperties: false });
  expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
});

test('explains every key in one sentence', () => {
  const keys = [...keysOf(schema, 'file')];
  expect(keys.length).toBeGreaterThan(60);
  expect(keys.filter(([, text]) => !/^[A-Z][^\n]*\.$/.test(text ?? ''))).toEqual([]);
});

test('completes the keys of each kind of service', () => {
  const service = schema.properties?.services?.additionalProperties as Part;
  const kinds = service.anyOf?.map((option) => Object.keys(option.properties ?? {})) ?? [];
  expect(kinds.map((keys) => keys[0])).toEqual(['agent', 'command', 'balance', 'address', 'container']);
  for (const keys of kinds) expect(keys).toEqual(expect.arrayContaining(['on', 'needs', 'with', 'group', 'takeover']));
});

function* keysOf(part: Part, path: string): Generator<[path: string, description: string | undefined]> {
  for (const [key, value] of Object.entries(part.properties ?? {})) {
    yield [`${path}.${key}`, value.description];
    yield* keysOf(value, `${path}.${key}`);
  }
  for (const option of part.anyOf ?? []) yield* keysOf(option, path);
  if (part.items !== undefined) yield* keysOf(part.items, `${path}[]`);
  if (typeof part.additionalProperties === 'object') yield* keysOf(part.additionalProperties, `${path}.*`);
}
