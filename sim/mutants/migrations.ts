/** Live migrations: who may run it meanwhile, and who has heard of it. */
import type { Mutant } from './table.ts';

const world = 'migrations';
const plan = 'src/core/schedule/migrate.ts';

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
    name: 'given-up-and-left',
    world,
    rule: 'a migration that was given up ends with a stop on the source',
    by: ['live', 'migration', 'exclusive'],
    file: plan,
    find: "if (state === 'unknown' || underWay(state) !== null) return null;",
    replace: 'return null;',
  },
  {
    name: 'taken-over-too-early',
    world,
    rule: 'it is taken over when the source has given it away',
    by: ['assert', 'exclusive'],
    file: plan,
    find: "const giver = copies.find(({ state }) => state === 'moved');",
    replace: "const giver = copies.find(({ state }) => state === 'moved' || state === 'migrating');",
  },
  {
    name: 'migration-not-overtaken',
    world,
    rule: 'a node without quorum does not wait for a migration before it stops',
    by: ['exclusive', 'takeover', 'quorum'],
    file: 'src/core/operations.ts',
    find: "  verb === 'migrateTo' ||\n  verb === 'migrateFrom';",
    replace: "  verb === 'migrateFrom';",
  },
];
