/** Guests: that each has a machine which can be one, no vote, and no other device that switches it off. */
import { type NodeId, type Service, type ServiceId, servicesNamed } from '../core/model.ts';
import type { Checked } from './check.ts';
import { nodeForm } from './normalise.ts';
import { atKey, atValue, type Spot } from './places.ts';
import { nodesOfDevice } from './quorumOf.ts';
import type { Report } from './report.ts';
import { quote } from './show.ts';
import { didYouMean } from './suggest.ts';

export function checkGuests(checked: Checked, report: Report): void {
  const taken = new Map<ServiceId, NodeId>();
  for (const [node, file] of checked.file.nodes) {
    const { guest, votes, fence } = file === null ? {} : nodeForm(file);
    if (guest === undefined) continue;
    if (votes !== undefined && votes > 0) {
      const message = `${quote(node)} is a guest: who votes must not depend on what the vote decides, whether its machine ${quote(guest)} runs`;
      report.error('GUEST_VOTES', atValue('nodes', node, 'votes'), message, 'leave «votes» away');
    }
    checkOwnFence(node, guest, fence !== undefined, checked, report);
    checkMachine(node, guest, taken, checked, report);
  }
}

function checkOwnFence(node: NodeId, guest: ServiceId, isSaid: boolean, { file }: Checked, report: Report): void {
  const devices = Object.entries(file.fencing?.devices ?? {});
  const device = devices.find(([, each]) => nodesOfDevice(each).includes(node))?.[0];
  if (!isSaid && device === undefined) return;
  const spot = isSaid ? atKey('nodes', node, 'fence') : atKey('fencing', 'devices', device ?? '');
  const message = `${quote(node)} is a guest, which is fenced by stopping its machine ${quote(guest)}: a device would switch it behind that service's back`;
  report.error('GUEST_FENCE', spot, message, 'leave the device away; the hosts of the machine have theirs');
}

function checkMachine(
  node: NodeId,
  guest: ServiceId,
  taken: Map<ServiceId, NodeId>,
  { cluster, file, groups }: Checked,
  report: Report,
): void {
  const spot = atValue('nodes', node, 'guest');
  const known = new Set(file.services.keys());
  if (!known.has(guest)) {
    if (!file.servicesKnown) return;
    const what = groups.has(guest) ? `${quote(guest)} is a group` : `there is no service ${quote(guest)}`;
    report.error('UNKNOWN_SERVICE', spot, `${what}: the machine of a guest is one service`, didYouMean(guest, known));
    return;
  }
  const other = taken.get(guest);
  taken.set(guest, node);
  if (other !== undefined) {
    const message = `${quote(guest)} is the machine of ${quote(other)} and of ${quote(node)}: a machine has one guest`;
    report.error('GUEST_MACHINE', spot, message);
  }
  const [machine] = servicesNamed(cluster, guest);
  if (machine === undefined) return;
  checkKind(node, machine, spot, report);
  const guests = new Set(cluster.nodes.flatMap((each) => (each.guest === undefined ? [] : [each.id])));
  for (const service of reliedOn(machine, cluster.services)) checkPlaces(machine, service, guests, report);
}

function checkKind(node: NodeId, { id, clone, copyOf, takeover }: Service, spot: Spot, report: Report): void {
  if (clone || copyOf !== undefined) {
    const message = `${quote(id)} runs in several copies: it cannot be the machine of ${quote(node)}, which is one`;
    report.error('GUEST_MACHINE', spot, message, 'make a service for each guest');
  } else if (takeover !== 'fencing') {
    const message = `${quote(id)} has takeover: ${takeover}: the guest ${quote(node)} could run in two places`;
    const why = 'a machine is started elsewhere only when it is known to be off: say takeover: fencing';
    report.error('GUEST_MACHINE', atKey('services', id, 'takeover'), message, why);
  }
}

/** The machine, and all that it needs or runs with. */
function reliedOn(machine: Service, services: readonly Service[]): readonly Service[] {
  const all = new Set([machine.id]);
  const found: Service[] = [];
  // A set is walked to what was added meanwhile.
  for (const id of all) {
    const service = services.find((each) => each.id === id);
    if (service === undefined) continue;
    found.push(service);
    for (const other of [...service.needs, ...service.with]) all.add(other);
  }
  return found;
}

function checkPlaces(machine: Service, { id, on }: Service, guests: ReadonlySet<NodeId>, report: Report): void {
  const place = on.findIndex((node) => guests.has(node));
  const node = on[place];
  if (node === undefined) return;
  const spot = atKey('services', id, 'on');
  const message =
    id === machine.id
      ? `${quote(id)} is the machine of a guest and may run on ${quote(node)}, which is a guest itself`
      : `${quote(machine.id)}, the machine of a guest, relies on ${quote(id)}, which may run on the guest ${quote(node)}`;
  report.error('GUEST_MACHINE', spot, message, 'name machines of their own in «on»');
}
