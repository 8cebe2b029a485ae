/**
 * What the policy engine is asked on behalf of a cluster: services are its primitives and clones, `with` its colocations, `on` and
 * everything else that speaks for or against a node its locations, in a cluster where nodes have to be named (opt-in).
 *
 * Fencing is off for the engine, and a lost node is one that left cleanly: what may still run there is for `takeover.ts` to say.
 */

import { constrain } from '../../policy/constrain/index.ts';
import { type Decision, decideWith } from '../../policy/index.ts';
import type { Input, NodeState, ResourceConfig } from '../../policy/input.ts';
import { rulesChangeS } from '../../policy/rule/index.ts';
import { situate } from '../../policy/situate/index.ts';
import type { Cluster, NodeId, Rules, ServiceId } from '../model.ts';
import { type Configuration, configurationOf, locationOf, setOf } from './configuration.ts';
import { withCopies } from './copies.ts';
import { withLoads } from './loads.ts';
import { preferenceId, withPlaces } from './places.ts';
import type { Question } from './question.ts';
import { isSameQuestion } from './same.ts';
import { nodeStateOf, type PresentHere } from './status.ts';

export { resourceIdOf, stayPoints } from './configuration.ts';
export { attributesForRules, changesByRules, forgetMsOf, inForce, isDefinedByRules } from './inForce.ts';
export { placeInList } from './places.ts';
export type { Preference, Present, Question } from './question.ts';

const fixedOptions: readonly (readonly [string, string])[] = [
  ['symmetric-cluster', 'false'],
  ['stonith-enabled', 'false'],
  ['start-failure-is-fatal', 'false'],
  // Whoever asks knows what has not been looked at yet.
  ['enable-startup-probes', 'false'],
];

/** A cluster object never changes: another one is another cluster. */
const known = new WeakMap<Cluster, Configuration>();

function configured(cluster: Cluster): Configuration {
  const before = known.get(cluster);
  if (before !== undefined) return before;
  const made = configurationOf(cluster);
  known.set(cluster, made);
  return made;
}

/** As rules count: without a date, from the beginning. */
export const secondsOf = (dateMs: number | undefined): number => Math.floor((dateMs ?? 0) / 1000);

/** When the answer may be another one though nothing but the date has changed; null: never. */
export const datesChangeS = (cluster: Cluster, nowS: number): number | null =>
  rulesChangeS(configured(cluster).dated, nowS);

/** The last question about a cluster, and its answer. */
const answered = new WeakMap<Cluster, { readonly question: Question; readonly decision: Decision }>();

/** With what each score is made of. The id of a location that stands for a preference is its index in the list. */
export function decideOn(question: Question): Decision {
  const { cluster } = question;
  const before = answered.get(cluster);
  if (before !== undefined && isSameQuestion(before.question, question, configured(cluster))) return before.decision;
  const decision = decide(question);
  answered.set(cluster, { question, decision });
  return decision;
}

function decide(question: Question): Decision {
  const configuration = configured(question.cluster);
  const situation = withLoads(withCopies(situate(inputOf(question)), question, configuration), configuration.heads);
  const constraints = withPlaces(constrain(situation), question, configuration, situation);
  return decideWith(situation, constraints, { terms: true });
}

/** Without the places in `on`. */
function inputOf(question: Question): Input {
  const { nodes, colocations, rules: own, copies } = configured(question.cluster);
  const { cluster, stopped, scattered, mute, preferences } = question;
  const isSilent = (id: ServiceId): boolean => stopped.has(id) || mute.has(id);
  const { rules } = cluster;
  return {
    options: [setOf('cib-bootstrap-options', [...fixedOptions, ...Object.entries(rules.options)])],
    resourceDefaults: [],
    operationDefaults: [],
    nodes,
    resources: resourcesOf(question),
    constraints: {
      locations: [
        ...own.locations,
        ...preferences.flatMap(({ service, node, points, isOwn }, index) =>
          isOwn === true || copies.has(service) ? [] : [locationOf(preferenceId(index), service, node, points)],
        ),
      ],
      colocations: [
        ...own.colocations,
        ...colocations
          .filter(({ dependents, primary }) => !dependents.every(isSilent) && !scattered.has(primary))
          .map(({ config }) => config),
      ],
      orders: rules.orders,
      tickets: rules.tickets,
    },
    topology: [],
    tags: tagsOf(rules),
    ticketStates: ticketsOf(rules),
    nodeStates: nodeStatesOf(question),
    quorate: true,
    coordinatorId: null,
    featureSet: '3.16.2',
    noQuorumPanic: false,
    hasWatchdog: false,
    nowS: question.nowS,
  };
}

/** A group is all of its members, who run together anyway. */
const tagsOf = ({ tags, groups }: Rules): Input['tags'] =>
  new Map([...Object.entries(tags), ...groups.map(({ id, members }) => [id, members] as const)]);

const ticketsOf = ({ ticketStates }: Rules): Input['ticketStates'] =>
  Object.entries(ticketStates).map(([id, state]) => ({
    id,
    granted: state !== 'revoked',
    standby: state === 'standby',
    lastGrantedS: null,
    attributes: new Map(),
  }));

function resourcesOf({ cluster, stopped, leftAlone }: Question): readonly ResourceConfig[] {
  const { resources } = configured(cluster);
  if (stopped.size + leftAlone.size === 0) return [...resources.values()];
  return [...resources].map(([id, resource]) => {
    const extra: (readonly [string, string])[] = [];
    if (stopped.has(id)) extra.push(['target-role', 'Stopped']);
    if (leftAlone.has(id)) extra.push(['is-managed', 'false']);
    return extra.length === 0 ? resource : { ...resource, meta: [...resource.meta, setOf(`${id}-now`, extra)] };
  });
}

function nodeStatesOf(question: Question): readonly NodeState[] {
  const { cluster, present } = question;
  const byNode = new Map<NodeId, PresentHere[]>(cluster.nodes.map(({ id }) => [id, []]));
  for (const service of cluster.services)
    for (const copy of present.get(service.id) ?? []) byNode.get(copy.node)?.push({ service, copy });
  return [...byNode].map(([node, here]) => nodeStateOf(node, question, here));
}
