/** What a service says beside what it runs and where, in the form of the core. */
import { plainTraits, promotableOnScore, type Service, uniqueOnScore } from '../../core/model.ts';
import type { AgentName, Expression, Rule } from '../../policy/input.ts';
import { ruleHolds } from '../../policy/rule/index.ts';
import { ruleOf } from '../rule/parse.ts';
import type { ServiceFile } from '../serviceSchema.ts';
import type { GroupFile } from './partsSchema.ts';
import { type ScoreFile, scoreOf } from './scalars.ts';
import { timeoutsOf } from './times.ts';

export type Traits = typeof plainTraits;

/** How many copies the service has, as written: its own word, else that of its group. */
export interface Copies {
  readonly instances: number | 'one' | 'all' | undefined;
  readonly promotable: Service['promotable'];
  readonly clone: boolean;
  /** They differ from each other; null: they are alike. */
  readonly unique: { readonly perNode: number } | null;
}

export function copiesOf(file: ServiceFile, group: GroupFile | null | undefined): Copies {
  const instances = ('instances' in file ? file.instances : undefined) ?? group?.instances;
  const promotable = promotableOf(('promotable' in file ? file.promotable : undefined) ?? group?.promotable);
  const unique = 'unique' in file && file.unique === true ? { perNode: file['per-node'] ?? 1 } : null;
  const clone = unique === null && (promotable !== null || (instances !== undefined && instances !== 'one'));
  return { instances: promotable === null ? instances : (instances ?? 'all'), promotable, clone, unique };
}

function promotableOf(file: GroupFile['promotable']): Service['promotable'] {
  if (file === undefined || file === false) return null;
  const { max = 1, 'per-node': perNode = 1 } = file === true ? {} : file;
  return { max, perNode };
}

export function traitsOf(
  id: string,
  file: ServiceFile,
  copies: Copies,
  group: GroupFile | null | undefined,
): Omit<Traits, 'checks'> {
  return {
    timeouts: 'agent' in file ? timeoutsOf(file) : {},
    onScore: file['on-score'] ?? onScoreOf(copies),
    promotable: copies.promotable,
    migrates: ('migrate' in file && file.migrate) || false,
    notify: ('notify' in file ? file.notify : undefined) ?? group?.notify ?? false,
    interleave: ('interleave' in file ? file.interleave : undefined) ?? group?.interleave ?? false,
    ordered: ('ordered' in file ? file.ordered : undefined) ?? group?.ordered ?? false,
    onFail: onFailOf(file['on-fail'] ?? {}),
    utilization: file.utilization ?? {},
    meta: { ...metaTexts(file.meta), ...priorityOf(file.priority) },
    metaRules: (file.rules ?? []).flatMap(({ where, meta }, index) =>
      meta === undefined
        ? []
        : [{ rule: forAgent(ruleOf(where, `${id}-rule-${index + 1}`), file), meta: metaTexts(meta) }],
    ),
  };
}

const onScoreOf = ({ promotable, unique }: Copies): number =>
  unique !== null ? uniqueOnScore : promotable === null ? plainTraits.onScore : promotableOnScore;

/** What a rule asks about the agent is known already, and the core need not know the agents by name. */
export function forAgent(rule: Rule, file: ServiceFile): Rule {
  const expressions = rule.expressions.map((each): Expression => {
    if (each.kind === 'rule') return { kind: 'rule', rule: forAgent(each.rule, file) };
    if (each.kind !== 'resource') return each;
    const holds = ruleHolds({ ...rule, join: 'and', expressions: [each] }, { nowS: 0, agent: agentOf(file) });
    return { kind: 'rule', rule: { ...rule, join: holds ? 'and' : 'or', expressions: [] } };
  });
  return { ...rule, expressions };
}

/** Null: it is none by name. */
export function agentOf(file: ServiceFile): AgentName | null {
  if (!('agent' in file) || file.agent === undefined) return null;
  const [standard = '', second = '', ...rest] = file.agent.split(':');
  return standard === 'ocf'
    ? { standard, provider: second, type: rest.join(':') }
    : { standard, provider: '', type: [second, ...rest].join(':') };
}

/** Only what is said: an entry without a value is none. */
export function onFailOf({
  start,
  stop,
  check,
  promote,
  demote,
}: NonNullable<ServiceFile['on-fail']>): Service['onFail'] {
  return {
    ...(start === undefined ? {} : { start }),
    ...(stop === undefined ? {} : { stop }),
    ...(check === undefined ? {} : { check }),
    ...(promote === undefined ? {} : { promote }),
    ...(demote === undefined ? {} : { demote }),
  };
}

const priorityOf = (priority: ScoreFile | undefined): Record<string, string> =>
  priority === undefined ? {} : { priority: String(scoreOf(priority)) };

/** Infinity is written out as the field does it. */
export const metaTexts = (values: Readonly<Record<string, string | number | boolean>> = {}): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, String(value).replace(/^([+-]?)inf$/, '$1INFINITY')]),
  );
