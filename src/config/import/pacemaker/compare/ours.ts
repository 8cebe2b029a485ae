/** What the scheduler makes of the cluster file. */
import { blankRecord } from '../../../../core/execute/services.ts';
import { guestsOf } from '../../../../core/guests.ts';
import type { Cluster, NodeId, Service, ServiceId } from '../../../../core/model.ts';
import { type NodeRecord, noAdmin, type ServiceRecord, type View } from '../../../../core/ports.ts';
import { type Plan, type PlannedAction, schedule } from '../../../../core/schedule/index.ts';
import { type Circumstances, type Outcome, promotionScore, type Running, roundsMax } from './outcome.ts';

type Records = ReadonlyMap<NodeId, Map<ServiceId, ServiceRecord>>;

/** `nowS`: the time for rules with dates. */
export function askOurs(cluster: Cluster, { lost, standby, before }: Circumstances, nowS: number): Outcome {
  const nodes = cluster.nodes.filter(({ witness }) => !witness).map(({ id }) => id);
  const present = nodes.filter((node) => node !== lost).sort();
  const records = recordsOf(cluster, present, nodes, before);
  const actions = new Set<string>();
  let plan: Plan | null = null;
  for (let round = 0; round < rounds(cluster); round++) {
    const asleep = guestsAsleep(cluster, records);
    // With its machine ended what ran on a guest.
    for (const node of asleep) endAllOn(records.get(node));
    const members = present.filter((node) => !asleep.includes(node));
    const view: View = { number: 1, members, coordinator: members[0] ?? '' };
    const away = [...(lost === null ? [] : [lost]), ...asleep];
    plan = schedule({
      cluster,
      view,
      records: frozenOf(records, members),
      admin: {
        ...noAdmin,
        standby: standby === null ? {} : { [standby]: { because: 'asked for' } },
        off: Object.fromEntries(away.map((node) => [node, { because: 'asked for' }])),
      },
      lost: new Map(away.map((node) => [node, 0])),
      provable: true,
      watched: new Set(),
      doomed: new Set(),
      nowMs: longAfterMs,
      dateMs: nowS * 1000,
    });
    const due = plan.actions.filter(({ blocked }) => blocked === null);
    const done = wakesGuest(cluster, asleep, due) ?? due;
    for (const action of done) {
      carryOut(records, cluster, nodes, action);
      const word = words[action.verb];
      if (word !== undefined) actions.add(`${word} ${action.service} ${action.on}`);
    }
    if (done.length === 0) break;
  }
  const reasons = new Map((plan?.placements ?? []).map(({ service, because }) => [service, because]));
  return { running: runningIn(records, cluster), actions: [...actions].sort(), why: (id) => reasons.get(id) ?? null };
}

/** A guest is there while its machine runs. */
const guestsAsleep = (cluster: Cluster, records: Records): readonly NodeId[] =>
  guestsOf(cluster)
    .filter(({ machine }) => ![...records.values()].some((here) => here.get(machine.id)?.state === 'running'))
    .map(({ node }) => node);

/** «All nodes are there»: where machines of guests start, nothing but these does before they have. Null: none starts. */
function wakesGuest(
  cluster: Cluster,
  asleep: readonly NodeId[],
  due: readonly PlannedAction[],
): readonly PlannedAction[] | null {
  const machines = guestsOf(cluster).flatMap(({ node, machine }) => (asleep.includes(node) ? [machine.id] : []));
  const waking = due.filter(({ verb, service }) => verb === 'start' && machines.includes(service));
  return waking.length === 0 ? null : due.filter(({ verb, service }) => verb !== 'start' || machines.includes(service));
}

/** Machines come and go before and after what runs on their guests. */
const rounds = (cluster: Cluster): number => roundsMax + 3 * guestsOf(cluster).length;

function endAllOn(here: Map<ServiceId, ServiceRecord> | undefined): void {
  for (const [id, record] of here ?? [])
    here?.set(id, { ...record, state: 'stopped', digest: null, role: 'unpromoted' });
}

/** Whatever has to run out has run out. */
const longAfterMs = 1_000_000_000;

const words: Readonly<Partial<Record<PlannedAction['verb'], string>>> = {
  start: 'start',
  stop: 'stop',
  promote: 'promote',
  demote: 'demote',
  migrateTo: 'stop',
  migrateFrom: 'start',
};

function recordsOf(
  cluster: Cluster,
  members: readonly NodeId[],
  nodes: readonly NodeId[],
  before: Running | null,
): Records {
  const stopped = (promotion: number | null): ServiceRecord => ({
    ...blankRecord,
    state: 'stopped',
    role: 'unpromoted',
    promotion,
  });
  return new Map(
    members.map((node) => [
      node,
      new Map(
        cluster.services.flatMap((service): [ServiceId, ServiceRecord][] => {
          const { id, on, digest } = service;
          const role = before?.get(id)?.get(node);
          const record = stopped(scoreIn(service, nodes, node, role !== undefined));
          if (role === undefined) return on.includes(node) ? [[id, record]] : [];
          return [[id, { ...record, state: 'running', digest, role: role === 'promoted' ? 'promoted' : 'unpromoted' }]];
        }),
      ),
    ]),
  );
}

const frozenOf = (records: Records, members: readonly NodeId[]): ReadonlyMap<NodeId, NodeRecord> =>
  new Map(
    [...records]
      .filter(([node]) => members.includes(node))
      .map(([node, services]) => [
        node,
        { node, boot: 1, version: 1, services: Object.fromEntries(services), watchdog: 'armed', fencings: [] },
      ]),
  );

/** Of copies that differ, what does not run says nothing: its score would be that of this copy on each node. */
function scoreIn(
  { promotable, copyOf }: Service,
  nodes: readonly NodeId[],
  node: NodeId,
  runs: boolean,
): ServiceRecord['promotion'] {
  return promotable === null || (copyOf !== undefined && !runs) ? null : promotionScore(nodes, node);
}

/** Everything goes well. */
function carryOut(
  records: Records,
  { services }: Cluster,
  nodes: readonly NodeId[],
  { verb, service, on }: PlannedAction,
): void {
  const here = records.get(on);
  const record = here?.get(service) ?? blankRecord;
  const known = services.find(({ id }) => id === service);
  const digest = known?.digest ?? null;
  const promotion = (runs: boolean): ServiceRecord['promotion'] =>
    known === undefined ? null : scoreIn(known, nodes, on, runs);
  const put = (patch: Partial<ServiceRecord>): void => {
    here?.set(service, { ...record, ...patch });
  };
  switch (verb) {
    case 'start':
    case 'migrateFrom':
      return put({ state: 'running', digest, role: 'unpromoted', promotion: promotion(true) });
    case 'stop':
    case 'migrateTo':
    case 'probe':
      return put({ state: 'stopped', digest: null, role: 'unpromoted', promotion: promotion(false) });
    case 'promote':
      return put({ role: 'promoted' });
    case 'demote':
      return put({ role: 'unpromoted' });
    case 'reload':
      return put({ digest });
    case 'forget':
      here?.delete(service);
      return;
    case 'tune':
    case 'notify':
    case 'expect':
  }
}

function runningIn(records: Records, { services }: Cluster): Running {
  const running = new Map<string, Map<string, 'started' | 'promoted'>>();
  for (const { id } of services) {
    const places = new Map<string, 'started' | 'promoted'>();
    for (const [node, here] of records) {
      const record = here.get(id);
      if (record?.state === 'running') places.set(node, record.role === 'promoted' ? 'promoted' : 'started');
    }
    running.set(id, places);
  }
  return running;
}
