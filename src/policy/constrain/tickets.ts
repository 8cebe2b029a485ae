/** Ticket constraints: which resources, or which role of them, a ticket allows. */
import type { TicketRule } from '../constraints.ts';
import type { TicketConfig } from '../input.ts';
import { roleOf } from '../rule/index.ts';
import type { ResourceIndex, Situation } from '../situation.ts';
import type { Role } from '../values.ts';
import { isAlive } from './locations.ts';
import { expanded, type Names } from './names.ts';
import { known, membersOf } from './sets.ts';

export function ticketsOf(situation: Situation, names: Names, notes: string[]): TicketRule[] {
  const found: TicketRule[] = [];
  for (const config of situation.input.constraints.tickets) {
    if (!isAlive(config.lifetime, situation.input.nowS)) continue;
    const targets = targetsOf(config, names);
    if (targets === null) notes.push(`ticket constraint ${config.id}: there is no such resource, template or tag`);
    for (const { id, resource, role } of targets ?? [])
      found.push({ id, resource, ticket: config.ticket, role, lossPolicy: lossPolicyOf(config, role, situation) });
  }
  return found;
}

interface Target {
  readonly id: string;
  readonly resource: ResourceIndex;
  readonly role: Role | null;
}

function targetsOf(config: TicketConfig, names: Names): readonly Target[] | null {
  const { subject } = config;
  if (subject.kind === 'sets')
    return subject.sets.flatMap((set) =>
      known(membersOf(set, names)).map((resource) => ({ id: set.id, resource, role: roleOfTicket(set.role) })),
    );
  const ids = expanded(subject.id, names);
  if (ids === null) return null;
  const resources = ids.map((id) => names.resourceOf(id)).filter((resource) => resource !== null);
  return resources.map((resource) => ({ id: config.id, resource, role: roleOfTicket(subject.role) }));
}

function roleOfTicket(text: string | null): Role | null {
  const role = roleOf(text);
  return role === 'started' ? null : role;
}

/** To fence takes fencing; without a word about it, the promoted role is given up and everything else stopped. */
function lossPolicyOf(config: TicketConfig, role: Role | null, situation: Situation): TicketRule['lossPolicy'] {
  const word = config.lossPolicy?.toLowerCase();
  if (word === 'fence') return situation.options.fencingEnabled ? 'fence' : 'stop';
  if (word === 'freeze' || word === 'demote' || word === 'stop') return word;
  return role === 'promoted' ? 'demote' : 'stop';
}
