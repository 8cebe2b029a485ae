/** The tables of the guide are what `validate` says. Written anew with UPDATE=1. Times may shift a little with each change of the core. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { renderWhatIf } from '../../src/cli/render-what-if.ts';
import { plainLook } from '../../src/cli/terminal.ts';
import { foreseen } from '../../src/cli/validate.ts';
import { parseClusterFile } from '../../src/config/parse.ts';

const root = join(import.meta.dirname, '../..');
const page = join(root, 'docs/guide/two-nodes.md');
const block = /<!-- validate ([a-z-]+) -->\n```text\n([\s\S]*?)```\n/g;

async function tableOf(example: string): Promise<string> {
  const file = join(root, 'examples', example, 'cluster.yaml');
  const { cluster } = parseClusterFile(readFileSync(file, 'utf8'), file);
  if (cluster === null) throw new Error(`${file} has mistakes`);
  const whatIf = await foreseen({ note: () => undefined }, cluster, undefined);
  return whatIf === null ? '' : renderWhatIf(whatIf, cluster, { ...plainLook, width: 130 });
}

const withoutTimes = (text: string): string => text.replace(/\d+(\.\d+)? s\b/g, 'N s');

test('the tables of the guide are what validate says', async () => {
  const text = readFileSync(page, 'utf8');
  const blocks = [...text.matchAll(block)];
  expect(blocks).toHaveLength(3);
  const tables = new Map<string, string>();
  for (const [, example = ''] of blocks) tables.set(example, await tableOf(example));
  if (process.env.UPDATE) {
    const filled = text.replace(
      block,
      (_, example: string) => `<!-- validate ${example} -->\n\`\`\`text\n${tables.get(example) ?? ''}\`\`\`\n`,
    );
    writeFileSync(page, filled);
    return;
  }
  for (const [, example = '', told = ''] of blocks)
    expect(withoutTimes(told)).toBe(withoutTimes(tables.get(example) ?? ''));
});
