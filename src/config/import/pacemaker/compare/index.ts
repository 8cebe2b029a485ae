/**
 * Does the cluster file decide as the configuration did? Both are asked in the same circumstances: all nodes there, each one lost,
 * each one in standby, with nothing running and with everything running. Fence devices, and connections to remote nodes, count in neither:
 * they are no services here.
 */
import type { Cluster } from '../../../../core/model.ts';
import type { Input } from '../../../../policy/input.ts';
import { situate } from '../../../../policy/situate/index.ts';
import { type Problem, parseClusterFile } from '../../../parse.ts';
import { bareOf } from '../bare.ts';
import type { FromPacemaker } from '../index.ts';
import type { ImportNames } from '../names.ts';
import { remoteNodesOf, withoutConnections } from '../remotes.ts';
import { askOurs } from './ours.ts';
import { type Circumstances, type Outcome, placesText } from './outcome.ts';
import { Theirs } from './theirs.ts';

export interface Comparison {
  readonly asked: number;
  readonly same: number;
  readonly differences: readonly Difference[];
  readonly nodes: number;
  /** How many of them were lost and put into standby: in a large cluster, not each. */
  readonly nodesAsked: number;
}

export interface Difference {
  /** «node n1 is lost, everything ran before». */
  readonly when: string;
  readonly service: string;
  readonly theirs: string;
  readonly ours: string;
  /** Why here; null: nothing is known. */
  readonly because: string | null;
}

/** With stand-ins for what has to be filled in. Null: there are other mistakes in it. */
export function clusterOf({ text, blanks }: Pick<FromPacemaker, 'text' | 'blanks'>): Cluster | readonly Problem[] {
  // One may begin as another one does.
  const longest = blanks.toSorted((a, b) => b.token.length - a.token.length);
  const filled = longest.reduce((file, { token, standIn }) => file.replaceAll(token, standIn), text);
  const { cluster, problems } = parseClusterFile(filled, 'cluster.yaml');
  return cluster ?? problems.filter(({ severity }) => severity === 'error');
}

/** More services times nodes take longer than somebody waits. */
const copiesMax = 2000;

export function compare({ input, names }: FromPacemaker, cluster: Cluster): Comparison {
  const nodes = cluster.nodes.filter(({ witness }) => !witness).map(({ id }) => id);
  const unique = new Set(cluster.services.flatMap(({ copyOf }) => copyOf?.service ?? []));
  const alike = alikeOf(input, names);
  const bare = withoutConnections(bareOf(input));
  const theirs = new Theirs(bare, names, nodes, unique);
  const differences: Difference[] = [];
  let same = 0;
  let asked = 0;
  const ask = (circumstances: Circumstances): Outcome => {
    const [one, other] = [theirs.ask(circumstances), askOurs(cluster, circumstances, input.nowS)];
    const found = differencesOf(circumstances, withoutNumbers(one, alike), withoutNumbers(other, alike));
    asked += 1;
    if (found.length === 0) same += 1;
    differences.push(...found);
    return one;
  };
  const plain = { lost: null, standby: null, before: null };
  const { running } = ask({ ...plain, words: 'all nodes are there, nothing runs' });
  const few = nodes.slice(0, Math.max(1, Math.floor(copiesMax / Math.max(cluster.services.length, 1))));
  const guests = new Set([...remoteNodesOf(situate(bare)).keys()].map((name) => names.node(name)));
  for (const node of few) {
    // Whether a guest is lost, the configuration leaves to its connection.
    const isGuest = guests.has(node);
    if (!isGuest) ask({ ...plain, lost: node, words: `${node} is lost, nothing runs` });
    ask({ ...plain, standby: node, words: `${node} is in standby, nothing runs` });
    if (!isGuest) ask({ ...plain, lost: node, before: running, words: `${node} is lost while everything runs` });
    ask({ ...plain, standby: node, before: running, words: `${node} goes into standby while everything runs` });
  }
  return { asked, same, differences, nodes: nodes.length, nodesAsked: few.length };
}

/** Services made of bundles with one replica a node: to Pacemaker these are alike, and which one runs where is nobody's decision. */
const alikeOf = ({ resources }: Input, names: ImportNames): ReadonlySet<string> =>
  new Set(
    resources.flatMap((each) =>
      each.kind === 'bundle' && Number(each.container.get('replicas-per-host') ?? 1) <= 1
        ? (names.thing(each.id)?.name ?? [])
        : [],
    ),
  );

/** What is said of copies that are alike, of all of them together. */
function withoutNumbers({ running, actions, why }: Outcome, alike: ReadonlySet<string>): Outcome {
  const nameOf = (copy: string): string => {
    const name = copy.replace(/:\d+$/, '');
    return alike.has(name) ? name : copy;
  };
  const merged = new Map<string, ReadonlyMap<string, 'started' | 'promoted'>>();
  for (const [copy, places] of running) {
    const name = nameOf(copy);
    merged.set(name, new Map([...(merged.get(name) ?? []), ...places]));
  }
  const said = actions.map((action) => {
    const [verb = '', copy = '', node = ''] = action.split(' ');
    return `${verb} ${nameOf(copy)} ${node}`;
  });
  return { running: merged, actions: said, why: (name) => why(alike.has(name) ? `${name}:0` : name) };
}

function differencesOf({ words: when }: Circumstances, theirs: Outcome, ours: Outcome): readonly Difference[] {
  const services = [...new Set([...theirs.running.keys(), ...ours.running.keys()])];
  const placed = services.flatMap((service): Difference[] => {
    const [one, other] = [placesText(theirs.running.get(service)), placesText(ours.running.get(service))];
    return one === other ? [] : [{ when, service, theirs: one, ours: other, because: ours.why(service) }];
  });
  return placed.length > 0 ? placed : actionsOf(when, theirs, ours);
}

/** In the same places in the end, but on other ways. */
function actionsOf(when: string, theirs: Outcome, ours: Outcome): readonly Difference[] {
  const [one, other] = [new Set(theirs.actions), new Set(ours.actions)];
  const odd = [...one, ...other].filter((action) => !one.has(action) || !other.has(action));
  const services = [...new Set(odd.map((action) => action.split(' ')[1] ?? ''))];
  return services.map((service) => {
    const of = (actions: ReadonlySet<string>): string =>
      [...actions]
        .filter((action) => action.split(' ')[1] === service)
        .map(shown)
        .join(', ') || 'nothing';
    return { when, service, theirs: `does: ${of(one)}`, ours: `does: ${of(other)}`, because: ours.why(service) };
  });
}

function shown(action: string): string {
  const [verb, , node] = action.split(' ');
  return `${verb} on ${node}`;
}
