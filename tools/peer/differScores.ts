/** Scores of primitives by node, as `crm_simulate -s` prints them, against ours. */
import type { Decision } from '../../src/policy/index.ts';
import { absent, infinity } from '../../src/policy/values.ts';

const assigned = /^pcmk__primitive_assign: (\S+) allocation score on (\S+): (\S+)$/;
const promotion = /^(\S+) promotion score on (\S+): (\S+)$/;

/** The same score may be told several times, as it changed: ours has to be one of them. */
export function scoreDifferences(told: string, { situation, placement }: Decision): string[] {
  const expected = new Map<string, string[]>();
  const expect = (key: string, value: string): Map<string, string[]> =>
    expected.set(key, [...(expected.get(key) ?? []), value]);
  for (const line of told.split('\n')) {
    const [, id = '', node = '', score = ''] = assigned.exec(line) ?? [];
    if (id !== '') expect(`${id} on ${node}`, score);
    const [, instance = '', , rank = ''] = promotion.exec(line) ?? [];
    if (instance !== '') expect(`${instance} promotion`, rank);
  }
  const ours = (key: string): string | null => {
    const [id = '', , node] = key.split(' ');
    const resource = situation.resourceById.get(id);
    if (resource === undefined) return null;
    const at = node === undefined ? undefined : situation.nodeByName.get(node);
    const score = node === undefined ? placement.promotionScores.get(resource) : placement.scores[resource]?.[at ?? -1];
    return score === undefined || score === absent ? null : scoreText(score);
  };
  return [...expected]
    .filter(([key, values]) => !values.includes(ours(key) ?? 'none'))
    .map(([key, values]) => `${key}: expected ${values.join(' or ')}, got ${ours(key) ?? 'none'}`);
}

const scoreText = (score: number): string =>
  score >= infinity ? 'INFINITY' : score <= -infinity ? '-INFINITY' : String(score);
