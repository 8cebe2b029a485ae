/** Live migrations: who may run it meanwhile, and who has heard of it. */
import type { Mutant } from './table.ts';

const world = 'migrations';
const plan = 'src/core/schedule/migrate.ts';
const held = 'src/core/schedule/held.ts';

export const migrationMutants: readonly Mutant[] = [
  {
    name: 'source-not-stopped',
    world,
    rule: 'what is left at the source of a live migration is stopped',
    by: ['migration', 'live', 'exclusive', 'order'],
    file: plan,
    find: "    case 'moved':\n      return peer === undefined\n",
    replace: "    case 'moved':\n      if (peer !== undefined) return null;\n      return peer === undefined\n",
  },
  {
    name: 'target-not-expecting',
    world,
    rule: 'it is given away only to a node that expects it',
    by: ['exclusive', 'takeover', 'assert', 'live'],
    file: plan,
    find: "['expect', 'migrateTo', 'migrateFrom']",
    replace: "['migrateTo', 'migrateFrom']",
  },
  {
    name: 'started-after-failure',
    world,
    rule: 'a migration that failed is stopped at both ends before it starts',
    by: ['exclusive', 'takeover', 'assert'],
    file: 'src/core/execute/migrate.ts',
    find: "const patch = { state: 'failed', role: 'unknown', ...counted(turn, id, null, failed) } as const;",
    replace: "const patch = { state: 'running', ...counted(turn, id, null, failed) } as const;",
  },
  {
    name: 'peer-ignored-at-takeover',
    world,
    rule: 'that a copy runs proves nothing of the lost node that it came from or went to',
    by: ['exclusive', 'takeover'],
    file: held,
    find: 'if (isRunning && (peer === null || records.has(peer))) known.isProof = true;',
    replace: "if (isRunning || state === 'moved') known.isProof = true;",
  },
  {
    name: 'lost-source-not-waited-for',
    world,
    rule: 'what was to come from a node that is lost may still run there',
    by: ['exclusive', 'takeover', 'assert'],
    file: held,
    find: "const isRunning = standing === null ? isActive(state) : standing === 'running';",
    replace: "const isRunning = standing === null ? isActive(state) : standing !== 'stopped';",
  },
  {
    name: 'stopped-is-believed',
    world,
    rule: 'a restarted target looks again when it hears that its source has ended',
    by: ['exclusive', 'takeover'],
    file: 'src/core/execute/unheard.ts',
    find: "if (known?.state !== 'stopped') return record;",
    replace: "if (known?.state !== 'unknown') return record;",
  },
];
