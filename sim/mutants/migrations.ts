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
    find: 'if (isActive(state)) return {',
    replace: "if (isActive(state)) return null;\n  if (state === 'running') return {",
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
    name: 'failed-target-alone',
    world,
    rule: 'a migration that failed on the target is stopped on the source too',
    by: ['live', 'migration', 'exclusive'],
    file: plan,
    find: "if (state === 'unknown' || underWay(state) !== null) return null;",
    replace: "if (state === 'unknown' || state === 'failed' || underWay(state) !== null) return null;",
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
