/** The results of two nodes as a table in Markdown, one row a fault and choice. Pure. */
import { spreadOf } from '../lab/spread.ts';
import type { TwoNodeResult } from './twoNode.ts';
import { storyText, unique, type Verdict } from './twoNodeStory.ts';

export function twoNodeTable(results: readonly TwoNodeResult[]): string {
  const groups = new Map<string, TwoNodeResult[]>();
  for (const result of results) {
    const key = `${result.choice}/${result.fault}/${result.what}`;
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  const rows = [...groups.values()].map(rowOf);
  const head =
    '| choice | when | announced by `validate` | seen | verdict | at the healing |\n| --- | --- | --- | --- | --- | --- |';
  return `${head}\n${rows.join('\n')}\n`;
}

function rowOf(group: readonly TwoNodeResult[]): string {
  const [first] = group;
  if (first === undefined) return '';
  const seen = unique(group.map((result) => storyText(result.seen)));
  const count = (wanted: Verdict): number => group.filter(({ verdict }) => verdict === wanted).length;
  const verdicts = (['same', 'better', 'DIFFERENT'] as const).filter((each) => count(each) > 0);
  const verdict = verdicts.map((each) => (verdicts.length === 1 ? each : `${each} ${count(each)}`)).join(', ');
  const outages = group.flatMap(
    ({ seen: { services } }) => services.find(({ service }) => service === 'address')?.outMs ?? [],
  );
  const spread = spreadOf(outages);
  const client =
    spread === null || group.length === 1
      ? ''
      : `; a client is out for ${spread.min} to ${spread.max} ms, median ${spread.median}`;
  const out = Math.max(...group.map(({ healingOutMs }) => healingOutMs));
  const healing = out === 0 ? 'clients notice nothing' : `a client is out for ${out} ms at most`;
  const shown = seen.length === 1 ? (seen[0] ?? '') : seenOf(group);
  return `| ${first.choice} | ${first.title}: ${first.what} | ${storyText(first.announced)} | ${shown}${client} | ${verdict} | ${healing} |`;
}

/** Runs differ in their times: the last one stands for all that went as announced. */
const seenOf = (group: readonly TwoNodeResult[]): string => {
  const told = group.find(({ verdict }) => verdict === 'DIFFERENT') ?? group.at(-1);
  return told === undefined ? '' : storyText(told.seen);
};
