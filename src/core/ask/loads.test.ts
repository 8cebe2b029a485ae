import { expect, test } from 'vitest';
import { askOurs } from '../../config/import/pacemaker/compare/ours.ts';
import { parseClusterFile } from '../../config/parse.ts';

/** Where each service runs once everything has started, with all nodes there or without one. */
function placesOf(services: string, lost: string | null = null): Record<string, string> {
  const text = `cluster: c\nwatchdog: {device: /dev/watchdog}\nnodes: {a: 10.0.0.1/24, b: 10.0.0.2/24, d: 10.0.0.3/24}
defaults: {takeover: nothing, on-score: 0}\nservices: {${services}}\n`;
  const { cluster, problems } = parseClusterFile(text, 'cluster.yaml');
  if (cluster === null) throw new Error(problems.map(({ message }) => message).join('\n'));
  const { running } = askOurs(cluster, { lost, standby: null, before: null, words: '' }, 0);
  return Object.fromEntries([...running].map(([id, places]) => [id, [...places.keys()].join(' ')]));
}

const others = 'q: {command: a}, r: {command: a}, s: {command: a}, t: {command: a}';

test('a container counts as one service, with an address as two, with an agent inside as three', () => {
  expect(placesOf(`p: {container: i}, ${others}`)).toEqual({ p: 'a', q: 'b', r: 'd', s: 'a', t: 'b' });
  const withAddress = 'p: {container: {image: i, address: 10.0.0.9}}';
  expect(placesOf(`${withAddress}, ${others}`)).toEqual({ p: 'a', q: 'b', r: 'd', s: 'b', t: 'd' });
  const withBoth = 'p: {container: {image: i, address: 10.0.0.9}, agent: "ocf:x:y"}';
  expect(placesOf(`${withBoth}, ${others}, u: {command: a}, v: {command: a}`)).toMatchObject({ u: 'b', v: 'd' });
});

test('what is to run inside counts somewhere, though its container finds no place', () => {
  const more = ['q', 'r', 's'].map((id) => `${id}: {command: a, on: [b, d]}`).join(', ');
  const agent = 'agent: "ocf:x:y", on: [a, b]';
  const one = placesOf(`p: {container: i, ${agent}}, ${more}`, 'a');
  expect(one).toEqual({ p: 'b', q: 'd', r: 'd', s: 'b' });
  // The second copy has no place, and what is to run in it counts on d.
  const two = placesOf(`p: {container: i, ${agent}, instances: 2, unique: true}, ${more}`, 'a');
  expect(two).toEqual({ 'p:0': 'b', 'p:1': '', q: 'd', r: 'b', s: 'd' });
});
