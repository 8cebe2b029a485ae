import { expect, test } from 'vitest';
import { abilitiesOf, timeMs } from './metadata.ts';

test('actions with the longest time that is advised for each', async () => {
  const found = await abilitiesOf(`<?xml version="1.0"?>
<!DOCTYPE resource-agent SYSTEM "ra-api-1.dtd">
<resource-agent name="x"><version>1.0</version><actions>
<action name="start" timeout="240" /><action name="monitor" timeout="20s" role="Master"/>
<action name="monitor" timeout="1min" role="Slave"/><action name="promote"/><action timeout="5"/>
</actions></resource-agent>`);
  expect([...(found ?? [])]).toEqual([
    ['start', 240_000],
    ['monitor', 60_000],
    ['promote', null],
  ]);
});

test.each(['', 'no XML', '<html/>', '<resource-agent><actions>'])('%j says nothing', async (text) => {
  expect(await abilitiesOf(text)).toBeNull();
});

test.each([
  ['20', 20_000],
  ['20s', 20_000],
  ['1500ms', 1500],
  [' 2 min ', 120_000],
  ['1h', 3_600_000],
  ['', null],
  ['soon', null],
  ['-1', null],
  ['5 days', null],
])('a time: %j', (text, ms) => {
  expect(timeMs(text)).toBe(ms);
});
