/** `sempre schema`: the JSON Schema of the cluster file, for editors. */

import { exit } from '../lib/exit.ts';
import type { Context } from './context.ts';

export async function schema({ terminal }: Context): Promise<number> {
  const { clusterJsonSchema } = await import('../config/jsonSchema.ts');
  terminal.out(`${JSON.stringify(clusterJsonSchema(), null, 2)}\n`);
  return exit.ok;
}
