/** After everything was healed: one view of all nodes, everything that can run runs, and the next plan is empty. */
import { explain } from '../../src/core/schedule/plan.ts';
import { type Check, Violation, type World } from '../world/world.ts';

export function live(): Check {
  return {
    name: 'live',
    atEnd(world) {
      const coordinator = agreedCoordinator(world);
      const loop = world.host(coordinator).loop;
      const report = loop?.report();
      if (report?.plan == null) throw fail(world, `${coordinator} has no plan`);
      const [action] = report.plan.actions;
      if (action !== undefined) throw fail(world, `the next plan is not empty: ${explain(action)}`);
      for (const placement of report.plan.placements) {
        const running = [...world.hosts.values()]
          .filter((host) => host.running.has(placement.service))
          .map((host) => host.id);
        if (running.sort().join() !== [...placement.nodes].sort().join())
          throw fail(world, `${placement.service} should run on [${placement.nodes}] and runs on [${running}]`);
        if (placement.nodes.length === 0 && mustRun(world))
          throw fail(world, `${placement.service} runs nowhere: ${placement.because}`);
      }
    },
  };
}

/** Nowhere to go is fine only where an operator took nodes or services away. */
function mustRun(world: World): boolean {
  const admin = [...world.hosts.values()][0]?.loop?.state.doc.admin;
  const wishes = { ...admin?.standby, ...admin?.stopped, ...admin?.moves };
  return Object.keys(wishes).length === 0;
}

function agreedCoordinator(world: World): string {
  const views = [...world.hosts.values()].map((host) => ({ host, view: host.loop?.state.installed ?? null }));
  const first = views[0]?.view;
  for (const { host, view } of views) {
    if (view === null) throw fail(world, `${host.id} is in no view`);
    if (view.number !== first?.number)
      throw fail(world, `${host.id} is in view ${view.number}, others in ${first?.number}`);
    if (view.members.length !== world.hosts.size) throw fail(world, `view ${view.number} lacks nodes: ${view.members}`);
  }
  return first?.coordinator ?? '';
}

const fail = (world: World, message: string): Violation => new Violation('live', world.agenda.nowMs, message);
