/** Votes, leases, views, and the document. */
import type { Mutant } from './table.ts';

const hearing = 'src/core/membership/hearing.ts';
const view = 'src/core/membership/view.ts';
const votes = 'src/core/quorum/votes.ts';
const standing = 'src/core/quorum/standing.ts';
const document = 'src/core/document/index.ts';

export const membershipMutants: readonly Mutant[] = [
  {
    name: 'lease-from-arrival',
    world: 'plain',
    rule: 'a lease counts from our own send time',
    by: ['exclusive', 'takeover', 'quorum'],
    file: hearing,
    find: 'grant: grantIn(state.self, peer, beat, echo),',
    replace:
      'grant: ((given) => (given === null ? null : { ...given, atMs: nowMs }))(grantIn(state.self, peer, beat, echo)),',
  },
  {
    name: 'quorum-off-by-one',
    rule: 'two majorities share a node',
    by: ['exclusive', 'quorum', 'views', 'durable'],
    file: votes,
    find: '2 * countIn(voters, electorate) > electorate.total;',
    replace: '2 * countIn(voters, electorate) >= electorate.total;',
  },
  {
    name: 'lease-of-too-few',
    rule: 'a lease is granted by a majority',
    by: ['exclusive', 'quorum', 'takeover'],
    file: votes,
    find: 'if (2 * count > total) newest = atMs;',
    replace: 'if (2 * count >= total - 1) newest = atMs;',
  },
  {
    name: 'stale-view-accepted',
    rule: 'a node agrees to newer views only',
    by: ['assert', 'views'],
    file: view,
    find: 'view.number <= state.promised.number',
    replace: 'view.number === state.promised.number',
  },
  {
    name: 'view-not-agreed',
    rule: 'a view is installed when all of its members have agreed',
    by: ['views', 'exclusive', 'quorum', 'live'],
    file: view,
    find: 'const agreed = view.members.every((member) => {',
    replace: 'const agreed = view.members.some((member) => {',
  },
  {
    name: 'view-promised-again',
    rule: 'numbers that a former life may have promised are not promised again',
    by: ['views', 'assert'],
    file: 'src/core/node.ts',
    find: 'const number = Math.max(init.reserved, init.doc.version.view);',
    replace: 'const number = init.doc.version.view;',
  },
  {
    name: 'saved-before-on-disk',
    rule: 'a change is acknowledged when a majority has it on disk',
    by: ['durable'],
    file: document,
    find: 'const onDisk = member === state.self ? state.onDisk :',
    replace: 'const onDisk = member === state.self ? version :',
  },
  {
    name: 'acknowledged-by-too-few',
    rule: 'a change that was acknowledged survives the loss of any minority',
    by: ['durable'],
    file: document,
    find: '  if (isMajority(has, voters)) return true;\n  const members = state.installed',
    replace: '  if (has.length > 0) return true;\n  const members = state.installed',
  },
  {
    name: 'old-off-believed',
    rule: 'what the document says of others being off counts only after a view',
    by: ['exclusive', 'takeover'],
    world: 'two-fence',
    file: standing,
    find: 'return state.joined && isNewer && Object.hasOwn',
    replace: 'return isNewer && Object.hasOwn',
  },
  {
    name: 'outvoted-agreed-to',
    rule: 'who knows newer votes agrees to no view that is no majority by them',
    by: ['views', 'exclusive', 'takeover', 'quorum', 'durable'],
    world: 'plain',
    file: 'src/core/membership/outvoted.ts',
    find: 'return !isMajority(members, voters) && !isHalf &&',
    replace: 'return members.length === 0 && !isHalf &&',
  },
  {
    name: 'two-steps-at-once',
    rule: 'no step of votes is taken while a member lacks the one before',
    by: ['exclusive', 'takeover', 'quorum', 'views'],
    world: 'plain',
    file: 'src/core/upkeep/index.ts',
    find: 'holders(state, state.doc.version).length === state.installed.members.length;',
    replace: 'holders(state, state.doc.version).length > 0;',
  },
  {
    name: 'passed-files-forgotten',
    rule: 'a node goes by every file that others may go by since the last one that it saw decided',
    by: ['exclusive', 'takeover'],
    world: 'plain',
    file: standing,
    find: '...passed, decided];',
    replace: '...passed.slice(passed.length), decided];',
  },
];
