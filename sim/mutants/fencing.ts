/** Fence devices, watchdogs, what is known of nodes that are off, and what operators switched off for a while. */
import type { Mutant } from './table.ts';

const run = 'src/core/fencing/run.ts';
const want = 'src/core/fencing/want.ts';
const takeover = 'src/core/schedule/takeover.ts';
const feed = 'src/core/watchdog/feed.ts';
const standing = 'src/core/quorum/standing.ts';

export const fencingMutants: readonly Mutant[] = [
  {
    name: 'fence-result-ignored',
    rule: 'a device that failed has switched nothing off',
    by: ['exclusive', 'takeover'],
    file: run,
    find: 'if (!answer.ok) return `',
    replace: 'if (!answer.ok && calls.size < 0) return `',
  },
  {
    name: 'fence-not-verified',
    rule: 'a node is off when its device says so after it was asked',
    by: ['exclusive', 'takeover'],
    file: run,
    find: "if (phase !== 'status' || answer.power === 'off') continue;",
    replace: 'continue;',
  },
  {
    name: 'one-supply-only',
    rule: 'all devices of a level switch off together',
    by: ['exclusive', 'takeover'],
    file: run,
    find: "launchCalls(turn, { ...fencing, phase: 'off' }, devices, 'off');",
    replace: "launchCalls(turn, { ...fencing, phase: 'off' }, devices.slice(0, 1), 'off');",
  },
  {
    name: 'fenced-when-begun',
    rule: 'a node is off when fencing has ended, not when it has begun',
    by: ['exclusive', 'takeover'],
    file: run,
    find: '  setFencing(turn, fencing);\n  changed(turn, `fencing of ',
    replace:
      '  setFencing(turn, fencing);\n  knowOff(turn, target, { because, boot, atMs: nowMs });\n  changed(turn, `fencing of ',
  },
  {
    name: 'off-kept',
    rule: 'a node that is back is not off any more',
    by: ['exclusive', 'takeover'],
    file: 'src/core/upkeep/index.ts',
    find: 'const ended = Object.keys(off).filter((node) => members.includes(node));',
    replace: 'const ended: string[] = [];',
  },
  {
    name: 'watchdog-bound-too-short',
    rule: 'a watchdog fires its timeout after it was fed last',
    by: ['exclusive', 'takeover'],
    file: takeover,
    find: '((deadMs + budgetMs(graph) + timeoutMs) * 101) / 100',
    replace: '((deadMs + budgetMs(graph)) * 101) / 100',
  },
  {
    name: 'fed-without-lease',
    rule: 'a node whose lease is over and that does not stop in its time is reset',
    by: ['exclusive', 'takeover'],
    file: feed,
    find: 'return !runsGuarded(state) || nowMs < state.leaseUntilMs + stopBudgetMs(state.doc.cluster);',
    replace: 'return true;',
  },
  {
    name: 'unwatched-believed',
    rule: 'only a watchdog that is armed proves anything',
    by: ['exclusive', 'takeover'],
    file: takeover,
    find: 'if (isTimed && file?.watchdog != null && input.watched.has(node)) {',
    replace: 'if (isTimed && file?.watchdog != null) {',
  },
  {
    name: 'stray-ignored',
    rule: 'a node that was away when rules changed proves nothing by silence',
    by: ['exclusive', 'takeover'],
    file: takeover,
    find: 'const isTimed = input.provable && stray === undefined;',
    replace: 'const isTimed = input.provable;',
  },
  {
    name: 'pair-trusts-time',
    rule: 'in a pair silence proves nothing',
    by: ['exclusive', 'takeover'],
    file: standing,
    find: "cluster.quorum.noQuorum === 'stop' && admin.disarmed === null && !isPair(voters);",
    replace: "cluster.quorum.noQuorum === 'stop' && admin.disarmed === null;",
  },
  {
    name: 'freeze-trusts-time',
    rule: 'nodes that do not stop by themselves are not taken for stopped',
    by: ['exclusive', 'takeover'],
    file: standing,
    find: "cluster.quorum.noQuorum === 'stop' && admin.disarmed === null && !isPair(voters);",
    replace: 'admin.disarmed === null && !isPair(voters);',
  },
  {
    name: 'head-start-ignored',
    rule: 'the two of a pair do not switch each other off',
    by: ['duel'],
    file: want,
    find: 'const afterMs = hasHeadStart(state, partner) ? 0 : headStartMs;',
    replace: 'const afterMs = 0;',
  },
  {
    name: 'disarm-ignored',
    rule: 'nothing is fenced while the cluster is disarmed',
    by: ['maintenance'],
    file: standing,
    find: '  if (disarmed === null) return false;\n',
    replace: '  if (disarmed === null || disarmed.forMs > 0) return false;\n',
  },
  {
    name: 'maintenance-ignored',
    rule: 'nothing is done to what is in maintenance',
    by: ['maintenance'],
    file: 'src/core/schedule/maintenance.ts',
    find: 'if (own !== undefined) frozen.set(',
    replace: 'if (own !== undefined && service.clone) frozen.set(',
  },
];
