import { describe, expect, it } from 'vitest';
import type { HistoryOperation, ResourceHistory } from '../input.ts';
import { situate } from './index.ts';
import { entry, input, namesOf, primitive, resourceIn, up } from './inputs.testing.ts';

const ends = { migrateSource: 'a', migrateTarget: 'b' };

type Results = readonly (readonly [string, Partial<HistoryOperation>?])[];

/** From `a` to `b`, told by what both know of it. */
function migrated(onSource: Results, onTarget: Results): string {
  const both = (results: Results): ResourceHistory[] => (results.length === 0 ? [] : [entry('r', ...results)]);
  const nodeStates = [up('a', both(onSource)), up('b', both(onTarget))];
  const situation = situate(input({ nodeStates, resources: [primitive('r', { 'allow-migrate': 'true' })] }));
  const resource = resourceIn(situation, 'r');
  return [
    `on ${namesOf(situation, resource.runningOn).join(' ')}`,
    ...(resource.failed ? ['failed'] : []),
    ...(resource.partialMigration === null ? [] : ['partial']),
    ...namesOf(situation, resource.danglingMigrations).map((name) => `dangling ${name}`),
    ...(resource.meta.allowMigrate ? [] : ['no more']),
  ].join(', ');
}

const left: Results = [['start'], ['migrate_to', ends]];
const failedToLeave: Results = [['start'], ['migrate_to', { ...ends, rc: 1 }]];
const arrived: Results = [['migrate_from', ends]];

describe('a live migration', () => {
  it.each<[string, Results, Results, string]>([
    ['half done', left, [['stop']], 'on b a, partial'],
    ['half done, to a target that knows nothing', left, [], 'on a'],
    [
      'half done, the second half under way',
      left,
      [['migrate_from', { ...ends, status: -1, rc: -1 }]],
      'on b a, partial',
    ],
    ['done but for the stop', left, arrived, 'on b, dangling a'],
    ['done', [...left, ['stop']], arrived, 'on b'],
    ['half done, and stopped on the source', [...left, ['stop']], [['stop']], 'on b, partial'],
    ['refused by the target', left, [['migrate_from', { ...ends, rc: 1 }]], 'on b a, failed'],
    [
      'refused by the target, and stopped there',
      left,
      [['migrate_from', { ...ends, rc: 1 }], ['stop']],
      'on a, failed, no more',
    ],
    ['failed on the source, with a target that knows nothing newer', failedToLeave, [['stop']], 'on b a, failed'],
    ['failed on the source, with a target that knows nothing', failedToLeave, [], 'on a, failed, dangling a'],
  ])('%s', (_, onSource, onTarget, expected) => {
    expect(migrated(onSource, onTarget)).toBe(expected);
  });
});
