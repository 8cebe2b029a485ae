/** The cluster file's form for editors: completion, the sentence on each key, and a red line under mistakes while typing. */
import * as z from 'zod';
import { clusterFileSchema } from './schema.ts';

/** JSON Schema, draft 2020-12. */
export function clusterJsonSchema(): object {
  const { $schema, ...form } = z.toJSONSchema(clusterFileSchema, { target: 'draft-2020-12', io: 'input' });
  return { $schema, title: 'Sempre cluster file', ...form };
}
