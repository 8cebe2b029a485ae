/** Orders, stops, starts, and what must be certain before a service is taken over. */
import type { Mutant } from './table.ts';

const local = 'src/core/execute/local.ts';
const withoutQuorum = 'src/core/execute/withoutQuorum.ts';
const coordinate = 'src/core/execute/coordinate.ts';
const takeover = 'src/core/schedule/takeover.ts';

export const serviceMutants: readonly Mutant[] = [
  {
    name: 'takeover-before-bound',
    rule: 'a lost node may run a service until its lease and stop time are over',
    by: ['exclusive', 'takeover'],
    file: takeover,
    find: 'const ownClockMs = deadMs + stopChainMs(graph, service, new Map());',
    replace: 'const ownClockMs = 0;',
  },
  {
    name: 'stop-time-not-waited',
    world: 'plain',
    rule: 'a lost node needs time to stop what it runs after its lease',
    by: ['exclusive', 'takeover'],
    file: takeover,
    find: 'const ownClockMs = deadMs + stopChainMs(graph, service, new Map());',
    replace: 'const ownClockMs = deadMs;',
  },
  {
    name: 'lost-before-view',
    rule: 'a node is lost from when a view without it was installed',
    by: ['exclusive', 'takeover'],
    file: 'src/core/membership/view.ts',
    find: '.map((node) => [node, (isDirect ? state.lost.get(node) : undefined) ?? nowMs]),',
    replace: '.map((node) => [node, state.peers.get(node)?.confirmedAtMs ?? nowMs]),',
  },
  {
    name: 'lost-carried-over',
    rule: 'how long a node was lost counts anew when others may have led between',
    by: ['exclusive', 'takeover'],
    file: 'src/core/membership/view.ts',
    find: 'const isDirect = before?.coordinator === state.self && state.ownSince <= before.number;',
    replace: 'const isDirect = true;',
  },
  {
    name: 'never-purged',
    rule: 'a node without quorum stops what it runs',
    by: ['exclusive', 'takeover', 'quorum'],
    file: withoutQuorum,
    find: 'if (!quorum && !state.purging && !isGrace && stopsAlone(state, nowMs)) put(turn, { purging: true });',
    replace: '',
  },
  {
    name: 'restarted-and-trusted',
    rule: 'what a restarted daemon finds after its lease may run elsewhere',
    by: ['exclusive', 'takeover'],
    file: withoutQuorum,
    find: 'if (!quorum && !state.hadQuorum) distrust(turn);',
    replace: '',
  },
  {
    name: 'failed-stop-is-stopped',
    rule: 'a service whose stop failed may run',
    by: ['exclusive', 'takeover'],
    file: local,
    find: 'if (failed === null) return nowStopped(turn, id, { peer',
    replace: 'return nowStopped(turn, id, { peer',
  },
  {
    name: 'failed-start-is-stopped',
    rule: 'a service whose start gave no answer may run',
    by: ['exclusive', 'takeover', 'live'],
    file: local,
    find: "const patch = { state: 'failed', role: 'unknown', ...counted(turn, id, 'start', failed) } as const;",
    replace: "const patch = { state: 'stopped', role: 'unknown', ...counted(turn, id, 'start', failed) } as const;",
  },
  {
    name: 'two-starts-at-once',
    rule: 'an order that was given counts as under way',
    by: ['exclusive', 'takeover', 'order', 'live'],
    file: coordinate,
    find: '[...state.ordered.values()].filter((sent) => !sent.seen);',
    replace: '[];',
  },
  {
    name: 'order-forgotten',
    world: 'watchdog',
    rule: 'an order to a node that lost its lease may still arrive when it is back',
    by: ['exclusive', 'takeover'],
    file: coordinate,
    find: '\n  replaceUndeliverable(turn);',
    replace:
      '\n  const known = [...turn.state.ordered].filter(([, { seen, to }]) => seen || isActing(turn.state, to));\n  put(turn, { ordered: new Map(known) });',
  },
  {
    name: 'stale-records',
    rule: 'nothing is ordered before every member has told what it runs',
    by: ['exclusive', 'takeover', 'order'],
    file: coordinate,
    find: '!view.members.every((member) => isFresh(state, member))',
    replace: 'view.members.length === 0',
  },
  {
    name: 'needs-ignored-at-stop',
    world: 'plain',
    rule: 'what needs a service is stopped before it',
    by: ['order'],
    file: withoutQuorum,
    find: '|| !mustStop(local) || isNeeded(turn.state, id)) continue;',
    replace: '|| !mustStop(local)) continue;',
  },
  {
    name: 'starts-without-pace',
    rule: 'what fails again and again is not started again and again',
    by: ['bounds', 'calm', 'live'],
    file: 'src/core/execute/failures.ts',
    find: 'return { failures: record.failures + 1, lastFailure',
    replace: 'return { failures: 0, lastFailure',
  },
];
