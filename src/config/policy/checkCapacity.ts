/** Utilization that nobody looks at, or that no node has room for; failures that are to fence what nothing can switch off. */
import type { RuledValues, Service } from '../../core/model.ts';
import type { Checked } from '../check.ts';
import { atKey, atValue } from '../places.ts';
import type { Report } from '../report.ts';
import { quote } from '../show.ts';
import { didYouMean } from '../suggest.ts';
import { checkPath } from './checks.ts';

export function checkCapacity({ cluster }: Checked, report: Report): void {
  const using = cluster.services.filter(({ utilization }) => Object.keys(utilization).length > 0);
  const [first] = using;
  const strategy = cluster.rules.options['placement-strategy'] ?? 'default';
  if (first !== undefined && strategy === 'default') {
    const message = `${quote(first.id)} says what it takes up, but nothing looks at it`;
    const hint = 'say options: {placement-strategy: balanced}, or utilization or minimal';
    report.warning('UTILIZATION_UNUSED', atKey('services', first.id, 'utilization'), message, hint);
    return;
  }
  for (const service of using) checkRoom(service, cluster.nodes, report);
}

export function checkFencedFailures({ cluster, file }: Checked, report: Report): void {
  for (const { id, onFail: plain, checks, on, ruled = [] } of cluster.services) {
    const onFail = { ...plain, ...Object.fromEntries(ruled.flatMap((each) => fencesOf(each))) };
    const operation = Object.entries(onFail).find(([, then]) => then === 'fence')?.[0];
    const check = checks.findIndex((each) => each.onFail === 'fence');
    if (operation === undefined && check < 0) continue;
    const bare = cluster.nodes.filter(
      (node) => on.includes(node.id) && node.fence.length === 0 && node.guest === undefined,
    );
    if (bare.length === 0) continue;
    const nodes = bare.map((node) => quote(node.id)).join(', ');
    const message = `a failed ${operation ?? 'check'} of ${quote(id)} is to fence its node, but there is no fence device for ${nodes}`;
    const own = [...checkPath(id, check, file.services.get(id)), 'on-fail'];
    const isRuled = !Object.values(plain).includes('fence');
    const answer = isRuled ? ['services', id, 'rules'] : ['services', id, 'on-fail', operation ?? ''];
    const spot = operation === undefined ? atValue(...own) : atValue(...answer);
    report.error('NO_FENCING', spot, message, 'add devices under fencing:, or choose another answer');
  }
}

/** What a rule says is to fence, while it holds. */
const fencesOf = ({ onFail = {}, checks }: RuledValues): readonly (readonly [string, 'fence'])[] =>
  [...Object.entries(onFail), ...(checks?.checks ?? []).map(({ onFail: then }) => ['check', then] as const)].flatMap(
    ([operation, then]) => (then === 'fence' ? [[operation, 'fence'] as const] : []),
  );

function checkRoom({ id, on, utilization }: Service, nodes: Checked['cluster']['nodes'], report: Report): void {
  const own = nodes.filter((node) => on.includes(node.id));
  for (const [what, amount] of Object.entries(utilization)) {
    const most = Math.max(0, ...own.map((node) => node.utilization[what] ?? 0));
    if (own.length === 0 || amount <= most) continue;
    const known = new Set(nodes.flatMap((node) => Object.keys(node.utilization)));
    const message = `${quote(id)} takes up ${amount} of ${quote(what)}, and no node that may run it has more than ${most}`;
    const hint = known.has(what) ? 'give a node more of it, or let the service take up less' : didYouMean(what, known);
    report.error('NO_ROOM', atValue('services', id, 'utilization', what), message, hint);
  }
}
