/** Draws how a world misbehaves all the time: each quirk is off in most worlds, so that those that are on are seen clearly. */
import type { Cluster } from '../../src/core/model.ts';
import { noQuirks, type Quirks } from '../world/faults.ts';
import type { Prng } from '../world/prng.ts';

export function drawQuirks(prng: Prng, cluster: Cluster): Quirks {
  const { intervalMs } = cluster.heartbeat;
  const names = cluster.nodes.map((node) => node.id);
  const isOn = (share: number): boolean => prng.chance(share);
  const late = { lateTicks: prng.pick([0.01, 0.2, 0.8]), lateTickMs: prng.pick([0.2, 0.6]) * intervalMs };
  return {
    ...noQuirks,
    // A daemon looks at its lease once an interval: what is later is a pause.
    ...(isOn(0.25) ? late : { seldomTicks: isOn(0.6) }),
    ...(isOn(0.25) ? { socketPackets: prng.pick([4, 30, 300]) } : {}),
    ...(isOn(0.25) ? { diskMs: prng.pick([2, 100, 1000]) } : {}),
    ...(isOn(0.25) ? { agentFactor: prng.pick([3, 10]) } : {}),
    ...(isOn(0.1) ? { newer: names.filter(() => prng.chance(0.5)) } : {}),
    ...(isOn(0.2) ? { torn: prng.pick(names) } : {}),
    fenceOverLink0: prng.chance(0.3),
    // Slower ones are never in time, which is a fault of its own.
    fenceMs: [
      100,
      prng.pick([1000, 1000, Math.min(60_000, ...cluster.fencing.devices.map((each) => each.timeoutMs - 100))]),
    ],
    patient: prng.chance(0.2),
  };
}
