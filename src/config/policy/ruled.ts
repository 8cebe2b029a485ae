/** What services and nodes say while a rule holds, beside meta attributes, in the form of the core. */
import type { ClusterNode, NodeRule, Resource, Rule, RuledValues, Service } from '../../core/model.ts';
import { asksForDates } from '../../policy/rule/index.ts';
import { msOf } from '../duration.ts';
import { ruleOf } from '../rule/parse.ts';
import type { NodeFile } from '../schema.ts';
import type { ServiceFile } from '../serviceSchema.ts';
import { checksOf } from './checks.ts';
import { timeoutsOf } from './times.ts';
import { forAgent, metaTexts, onFailOf } from './traits.ts';

export type ServiceRuleFile = NonNullable<Extract<ServiceFile, { agent: string }>['rules']>[number];

/** Nothing, where no rule switches anything on. */
export function ruledOf(
  id: string,
  file: ServiceFile,
  kind: Resource['kind'],
  nodes: readonly ClusterNode[],
): Pick<Service, 'ruled'> {
  const files: readonly ServiceRuleFile[] = file.rules ?? [];
  const isDated = paramsAreDated(file, nodes);
  const ruled = files.flatMap((each, index): RuledValues[] => {
    const rule = forAgent(ruleOf(each.where, `${id}-rule-${index + 1}`), file);
    const values = valuesOf(each, file, kind);
    return [
      // They may ask for more than other values: they are a rule of their own.
      ...(each.params === undefined || !isDated ? [] : [{ rule, params: metaTexts(each.params) }]),
      ...(Object.keys(values).length === 0 ? [] : [{ rule, ...values }]),
    ];
  });
  return ruled.length === 0 ? {} : { ruled };
}

/** Whether the file alone does not say which parameters count on which node. */
export function paramsAreDated(file: ServiceFile, nodes: readonly ClusterNode[]): boolean {
  const files: readonly ServiceRuleFile[] = file.rules ?? [];
  const changing = new Set(
    nodes.flatMap(({ ruled = [] }) => ruled.flatMap(({ attributes = {} }) => Object.keys(attributes))),
  );
  const isDated = (rule: Rule): boolean =>
    asksForDates(rule) || attributesAsked(rule).some((each) => changing.has(each));
  return files.some(({ where, params }) => params !== undefined && isDated(ruleOf(where, '')));
}

const attributesAsked = ({ expressions }: Rule): readonly string[] =>
  expressions.flatMap((each) =>
    each.kind === 'rule' ? attributesAsked(each.rule) : each.kind === 'attribute' ? [each.attribute] : [],
  );

function valuesOf(
  each: ServiceRuleFile,
  file: ServiceFile,
  kind: Resource['kind'],
): Omit<RuledValues, 'rule' | 'params'> {
  const { utilization } = each;
  const checks = checksWith(each, file, kind);
  const startTimeoutMs = each['start-timeout'];
  const timeouts = timeoutsOf(each);
  const onFail = onFailOf(each['on-fail'] ?? {});
  return {
    ...(utilization === undefined ? {} : { utilization }),
    ...(checks === null ? {} : { checks }),
    ...(startTimeoutMs === undefined ? {} : { startTimeoutMs: msOf(startTimeoutMs, 0) }),
    ...(Object.keys(timeouts).length === 0 ? {} : { timeouts }),
    ...(Object.keys(onFail).length === 0 ? {} : { onFail }),
  };
}

/** The checks of the service, with what the rule says of them; null: nothing, or not of which of several. */
function checksWith(
  { check }: ServiceRuleFile,
  file: ServiceFile,
  kind: Resource['kind'],
): Pick<Service, 'check' | 'checks'> | null {
  if (check === undefined || Object.keys(check).length === 0) return null;
  const own = file.check;
  if (Array.isArray(check)) {
    const plain = Array.isArray(own) ? {} : own;
    return checksOf({ ...file, check: check.map((one) => ({ ...plain, ...one })) } as ServiceFile, kind);
  }
  return Array.isArray(own) ? null : checksOf({ ...file, check: { ...own, ...check } } as ServiceFile, kind);
}

type NodeDetails = Extract<NodeFile, { addresses: unknown }>;

export const nodeRules = (file: NodeFile): NonNullable<NodeDetails['rules']> =>
  typeof file === 'string' || !('addresses' in file) ? [] : (file.rules ?? []);

export function ruledOfNode(id: string, file: NodeFile): Pick<ClusterNode, 'ruled'> {
  const ruled = nodeRules(file).flatMap(({ where, attributes, utilization }, index): NodeRule[] =>
    attributes === undefined && utilization === undefined
      ? []
      : [
          {
            rule: ruleOf(where, `${id}-rule-${index + 1}`),
            ...(attributes === undefined ? {} : { attributes: metaTexts(attributes) }),
            ...(utilization === undefined ? {} : { utilization }),
          },
        ],
  );
  return ruled.length === 0 ? {} : { ruled };
}
