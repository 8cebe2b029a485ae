/** What operators' wishes would be after one more command: for a plan that shows its effect before it is given. Pure. */
import type { NodeId } from '../core/model.ts';
import type { Admin, Command, NodeRecord } from '../core/ports.ts';
import type { PlanBody } from './body.ts';

export function adminAfter(
  admin: Admin,
  command: NonNullable<PlanBody['command']>,
  records: readonly NodeRecord[],
): Admin {
  const { because } = command;
  switch (command.kind) {
    case 'confirmOff':
      return { ...admin, off: changed(admin.off, command.node, { because }) };
    case 'fence':
      return admin;
    case 'arm':
      return { ...admin, disarmed: null };
    case 'disarm':
      return { ...admin, disarmed: { id: 'foreseen', forMs: command.forMs, because } };
    case 'maintain':
      return { ...admin, maintenance: maintenanceAfter(admin.maintenance, command) };
    case 'standby':
      return { ...admin, standby: changed(admin.standby, command.node, command.on ? { because } : null) };
    case 'run':
      return {
        ...admin,
        stopped: changed(admin.stopped, command.service, command.wanted === 'stopped' ? { because } : null),
      };
    case 'clear':
      return { ...admin, moves: changed(admin.moves, command.service, null) };
    case 'move': {
      const move = { to: command.to, from: whereRuns(command.service, records), because };
      return { ...admin, moves: changed(admin.moves, command.service, move) };
    }
  }
}

function maintenanceAfter(
  { nodes, services }: Admin['maintenance'],
  { node, service, on, because }: Extract<Command, { kind: 'maintain' }>,
): Admin['maintenance'] {
  const entry = on ? { because } : null;
  return {
    nodes: node === null ? nodes : changed(nodes, node, entry),
    services: service === null ? services : changed(services, service, entry),
  };
}

function changed<T>(table: Readonly<Record<string, T>>, key: string, value: T | null): Record<string, T> {
  const others = Object.entries(table).filter(([other]) => other !== key);
  return Object.fromEntries(value === null ? others : [...others, [key, value]]);
}

function whereRuns(service: string, records: readonly NodeRecord[]): NodeId | null {
  const at = records.find((record) =>
    ['running', 'starting', 'reloading'].includes(record.services[service]?.state ?? ''),
  );
  return at?.node ?? null;
}
