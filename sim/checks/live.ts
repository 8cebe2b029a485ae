/** After everything was healed: one view of all nodes, everything that can run runs, and the next plan is empty. */

import type { ServiceId } from '../../src/core/model.ts';
import { type Admin, inMaintenance } from '../../src/core/ports.ts';
import type { NodeReport } from '../../src/core/report.ts';
import { explain, type Plan, type PlannedAction } from '../../src/core/schedule/plan.ts';
import { type Check, Violation, type World } from '../world/world.ts';

export function live(): Check {
  return {
    name: 'live',
    atEnd(world) {
      const lack = notSettled(world);
      if (lack !== null) throw new Violation('live', world.agenda.nowMs, lack);
    },
  };
}

/** What is still missing, in words; null: all is as it should be. */
export function notSettled(world: World): string | null {
  const apart = notTogether(world);
  if (apart !== null) return apart;
  const coordinator = [...world.hosts.values()][0]?.loop?.state.installed?.coordinator ?? '';
  const report = world.host(coordinator).loop?.report();
  if (report?.plan == null) return `${coordinator} has no plan`;
  const waiting = waitingForOperators(report.plan, report.admin);
  const action = report.plan.actions.find((each) => !waiting.has(each));
  if (action !== undefined) return `the next plan is not empty: ${explain(action)}`;
  return misplaced(world, report, new Set([...waiting].map(({ service }) => service)));
}

/** Where somebody works nothing is done, and what comes after it may wait. */
function waitingForOperators({ actions }: Plan, admin: Admin): ReadonlySet<PlannedAction> {
  const waiting = new Set<PlannedAction>();
  for (const action of actions) {
    const isLeft =
      inMaintenance(admin, action.on, action.service) || action.blocked?.includes('in maintenance') === true;
    const isAfter = [...waiting].some(({ id }) => action.after.includes(id));
    if (isLeft || isAfter) waiting.add(action);
  }
  return waiting;
}

function notTogether(world: World): string | null {
  // A guest whose machine is not to run is off.
  const hosts = [...world.hosts.values()].filter(({ hasMachine }) => hasMachine);
  const views = hosts.map((host) => ({ host, view: host.loop?.state.installed ?? null }));
  const first = views[0]?.view;
  for (const { host, view } of views) {
    if (view === null) return `${host.id} is in no view`;
    if (view.number !== first?.number) return `${host.id} is in view ${view.number}, others in ${first?.number}`;
    if (view.members.length !== hosts.length) return `view ${view.number} lacks nodes: ${view.members}`;
  }
  return null;
}

function misplaced(world: World, { plan, admin }: NodeReport, waiting: ReadonlySet<ServiceId>): string | null {
  const { standby, stopped, moves, maintenance } = admin;
  const wishes = { ...standby, ...stopped, ...moves, ...maintenance.nodes, ...maintenance.services };
  const hasWishes = Object.keys(wishes).length > 0;
  for (const { service, nodes, because, promotion } of plan?.placements ?? []) {
    // What nobody may touch or look at may be anywhere, and so may what waits for it.
    if (
      waiting.has(service) ||
      maintenance.services[service] !== undefined ||
      Object.keys(maintenance.nodes).length > 0
    )
      continue;
    const running = [...world.hosts.values()].filter((host) => host.holds(service)).map((host) => host.id);
    if (running.sort().join() !== [...nodes].sort().join())
      return `${service} should run on [${nodes}] and runs on [${running}]`;
    const promoted = [...world.hosts.values()].filter((host) => host.promoted.has(service)).map((host) => host.id);
    if (promoted.sort().join() !== [...(promotion?.nodes ?? [])].sort().join())
      return `${service} should be promoted on [${promotion?.nodes ?? ''}] and is on [${promoted}]`;
    // Nowhere to go is fine only where an operator took nodes or services away, or preferences drew away what it must run with.
    if (nodes.length === 0 && !hasWishes && !because.includes(noRoom) && !isLeftBehind(world, plan, service))
      return `${service} runs nowhere: ${because}`;
  }
  return null;
}

/** Of copies that differ, a node runs no more than the file says. */
const noRoom = 'the most that one node may have';

/** Colocations that only prefer may outweigh the places of those that must follow: by the order of their names, as in Pacemaker. */
function isLeftBehind(world: World, plan: Plan | null, id: ServiceId): boolean {
  const { cluster } = world;
  if (cluster.rules.colocations.length === 0) return false;
  const known = cluster.services.find((service) => service.id === id);
  const isPlaced = (other: ServiceId): boolean =>
    plan?.placements.some(({ service, nodes }) => service === other && nodes.length > 0) === true;
  if (known?.with.some(isPlaced)) return true;
  return known?.needs.some((need) => !isPlaced(need) && isLeftBehind(world, plan, need)) === true;
}
