/** Begins the faults of a plan, and knows how each ends. */
import type { Fault } from './faults.ts';
import type { Host } from './host.ts';
import type { World } from './world.ts';

/** An end is called once. Null: a thing of a moment. */
export type End = (() => void) | null;

/** How long a daemon is away in an upgrade. */
const upgradeMs = 200;

export function beginFault(world: World, fault: Fault): End {
  switch (fault.kind) {
    case 'powerOff':
      return outage(world.host(fault.node), 0);
    case 'siteOff':
      return together(fault.nodes.map(({ node, bootMs }) => outage(world.host(node), bootMs)));
    case 'crashDaemon':
      world.host(fault.node).killDaemon();
      return () => world.host(fault.node).launchDaemon();
    case 'upgrade':
      return upgrade(world, fault.everyMs);
    case 'pauseDaemon':
      world.host(fault.node).pause();
      return () => world.host(fault.node).resume();
    case 'cut':
      return world.network.cut(fault.from, fault.to, fault.link);
    case 'isolate':
      return isolate(world, fault.node, fault.link);
    case 'packets':
      return world.network.disturb(fault);
    case 'targetDown':
      return world.network.downTarget(fault.address, fault.node);
    case 'drift':
      world.host(fault.node).clock.runAt(fault.rate);
      return null;
    case 'killService':
      world.host(fault.node).endByItself(fault.service);
      return null;
    case 'agent':
      return world.disturbAgent(fault);
    case 'meddle':
      return meddle(world, world.host(fault.node), fault.service, fault.act);
    case 'diskFull':
      world.host(fault.node).disk.fullDepth++;
      return () => {
        world.host(fault.node).disk.fullDepth--;
      };
    case 'diskHangs':
      world.host(fault.node).disk.hungDepth++;
      return () => world.host(fault.node).disk.release();
    case 'runFull':
      world.host(fault.node).runFullDepth++;
      return () => {
        world.host(fault.node).runFullDepth--;
      };
    case 'slowDisk':
      world.host(fault.node).disk.slowMs = fault.delayMs;
      return () => {
        world.host(fault.node).disk.slowMs = 0;
      };
    case 'damage':
      world.host(fault.node).disk.damage(fault.file);
      return null;
    case 'fenceDevice':
      return world.panel.disturb(fault);
    case 'watchdog':
      world.host(fault.node).watchdog.trouble = fault;
      return () => {
        world.host(fault.node).watchdog.trouble = null;
      };
    case 'command':
      world.command(fault.node, fault.command);
      return null;
    case 'confirmOff':
      confirmOff(world, fault.node, fault.target);
      return null;
  }
}

const together = (ends: readonly End[]): End => {
  return () => {
    for (const end of ends) end?.();
  };
};

function outage(host: Host, bootMs: number): End {
  host.outages++;
  host.powerOff();
  return () => {
    host.outages--;
    host.powerOn(bootMs);
  };
}

function upgrade(world: World, everyMs: number): End {
  for (const [i, host] of [...world.hosts.values()].entries()) {
    world.agenda.after(i * everyMs, () => {
      if (host.loop === null) return;
      host.killDaemon();
      world.agenda.after(upgradeMs, () => host.launchDaemon());
    });
  }
  return null;
}

function isolate(world: World, node: string, link: number | null): End {
  const others = [...world.hosts.keys()].filter((other) => other !== node);
  const ends = others.flatMap((other) => [world.network.cut(node, other, link), world.network.cut(other, node, link)]);
  if (link === null || link === 0) ends.push(world.network.cutOutside(node));
  return together(ends);
}

/** What was started by hand is stopped by hand in the end, unless the cluster has come to know of it meanwhile. */
function meddle(world: World, host: Host, id: string, act: 'start' | 'stop'): End {
  if (act === 'stop') {
    host.stopByHand(id);
    return null;
  }
  const service = world.cluster.services.find((each) => each.id === id);
  if (service !== undefined) host.startByHand(service);
  return () => {
    if (host.unowned.has(id)) host.stopByHand(id);
  };
}

function confirmOff(world: World, at: string, target: string): void {
  if (world.host(target).powered) return;
  world.command(at, { kind: 'confirmOff', node: target, because: 'the operator stands before it' });
}
