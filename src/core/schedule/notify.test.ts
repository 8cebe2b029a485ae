import { describe, expect, test } from 'vitest';
import { must } from '../../lib/assert.ts';
import type { Notice } from '../roles.ts';
import { parseStory } from './cases/story.ts';
import { begin, end, recordOf, type World } from './cases/world.ts';
import { type PlannedAction, schedule } from './index.ts';

const ready = (world: World): readonly PlannedAction[] =>
  schedule(world.input).actions.filter(({ blocked, after }) => blocked === null && after.length === 0);

/** As the coordinator does it: whatever waits for nothing is begun, and then one of them ends. */
function settled(
  before: World,
  endsFirst: (count: number) => number,
): { readonly world: World; readonly told: string[] } {
  let world = before;
  const open: PlannedAction[] = [];
  const told: string[] = [];
  for (let step = 0; step < 200; step++) {
    for (const action of ready(world)) {
      world = begin(world, action);
      open.push(action);
      told.push(lineOf(action));
    }
    if (open.length === 0) return { world, told };
    const [action] = open.splice(endsFirst(open.length), 1);
    world = end(world, must(action, 'an action under way'));
    expect(recordOf(world.input, 'db', 'a')).toBeDefined();
  }
  throw new Error(`it does not end:\n${told.join('\n')}`);
}

const carriedOut = (story: string, endsFirst: (count: number) => number): readonly string[] =>
  settled({ input: parseStory(story), hidden: new Set() }, endsFirst).told;

/** `node` is in the view no more. */
const without = (node: string, { input, hidden }: World): World => ({
  hidden,
  input: {
    ...input,
    view: { ...input.view, number: input.view.number + 1, members: input.view.members.filter((each) => each !== node) },
    records: new Map([...input.records].filter(([each]) => each !== node)),
  },
});

const off = (node: string, { input, hidden }: World): World => ({
  hidden,
  input: { ...input, admin: { ...input.admin, off: { [node]: { because: 'fenced' } } } },
});

const lineOf = ({ verb, on, notice }: PlannedAction): string =>
  notice == null ? `${verb} ${on}` : `${notice.type} ${notice.operation} ${wordsOf(notice)} to ${on}`;

const wordsOf = (notice: Notice): string => notice[notice.operation].join('+');

const running = `
nodes a b c
service db on a b c: command, clone 3, notify
seen a: db running
seen b: db running
`;

describe('a clone that is notified', () => {
  test('is told before and after a start, the new copy only after', () => {
    expect(carriedOut(running, () => 0)).toEqual([
      'post start a+b to a',
      'post start a+b to b',
      'pre start c to a',
      'pre start c to b',
      'start c',
      'post start c to c',
      'post start c to a',
      'post start c to b',
    ]);
  });

  test('is told of a stop, the copy that stops only before', () => {
    const lines = carriedOut(`${running}seen c: db running\nstandby c: repair`, (count) => count - 1);
    expect(lines.slice(3)).toEqual([
      'pre stop c to a',
      'pre stop c to b',
      'pre stop c to c',
      'stop c',
      'post stop c to a',
      'post stop c to b',
    ]);
  });

  test('one kind of operation after the other', () => {
    const lines = carriedOut(
      `nodes a b
service db on a b: command, clone 2, promotable, notify
seen a: db running promoted score 10
seen b: db running score 20`,
      () => 0,
    );
    expect(lines.filter((line) => !line.startsWith('p'))).toEqual(['demote a']);
    expect(lines.filter((line) => line.includes('promote') && !line.includes(' to '))).toEqual(['promote b']);
    expect(lines.indexOf('post demote a to a')).toBeLessThan(lines.indexOf('pre promote b to a'));
  });

  test('goes on although what began it is not wanted any more', () => {
    const { input } = { input: parseStory(running) };
    const pre = must(ready({ input, hidden: new Set() })[0]?.notice, 'a notice');
    const open: Notice = { ...pre, type: 'pre', operation: 'stop', stop: ['a'], start: [] };
    let world: World = { input, hidden: new Set() };
    for (const on of ['a', 'b'])
      world = end(world, { ...must(ready(world)[0], 'an action'), verb: 'notify', on, notice: open } as PlannedAction);
    expect(ready(world).map(lineOf)).toEqual(['post stop a to a', 'post stop a to b']);
  });

  test('a copy that was away is told the end of the round that it was in, before it takes part in another', () => {
    let world: World = { input: parseStory(`${running}seen c: db running`), hidden: new Set() };
    const any = must(ready(world)[0], 'an action');
    const pre: Notice = { ...must(any.notice, 'a notice'), type: 'pre', operation: 'stop', start: [] };
    for (const [on, stopped] of Object.entries({ a: 'c', b: 'a', c: 'a' }))
      world = end(world, { ...any, on, notice: { ...pre, stop: [stopped] } });
    expect(ready(world).map(lineOf)).toEqual(['post stop c to a']);
    world = end(world, must(ready(world)[0], 'an action'));
    expect(ready(world).map(lineOf)).toEqual(['post stop a to a']);
  });

  test('is told that a copy is gone when its node is known to be off, once', () => {
    const { world } = settled({ input: parseStory(`${running}seen c: db running`), hidden: new Set() }, () => 0);
    const lost = without('c', world);
    expect(settled(lost, () => 0).told).toEqual([]);
    const { world: told, told: lines } = settled(off('c', lost), () => 0);
    expect(lines).toEqual(['post stop c to a', 'post stop c to b']);
    expect(recordOf(told.input, 'db', 'a').notice).toMatchObject({ active: ['a', 'b', 'c'], inactive: [] });
  });
});
