/**
 * Does a copy that leaves come back as soon as it is gone?
 *
 * What colocated services would like may weigh more while a copy runs where they want none than it does once that copy has stopped (the
 * engine counts it for the instance and for the clone, as Pacemaker does). A plan that is made anew after every step would then send
 * the copy to and fro for ever. So the engine is asked what it would do without the copies that are to leave; one that it would start
 * there again stays.
 */
import { must } from '../../lib/assert.ts';
import type { NodeId, ServiceId } from '../model.ts';
import type { ServiceRecord } from '../ports.ts';
import { type Answer, placedOn } from './answer.ts';
import type { Frozen } from './maintenance.ts';
import type { Candidate } from './score.ts';
import type { Copy } from './seen.ts';

type Candidates = ReadonlyMap<ServiceId, Candidate>;
type Nodes = ReadonlyMap<ServiceId, ReadonlySet<NodeId>>;

/** `ask`: the engine's answer for these candidates. */
export function askSteadily<T extends { readonly answer: Answer }>(
  given: Candidates,
  frozen: Frozen,
  ask: (candidates: Candidates) => T,
): T {
  let candidates = given;
  let asked = ask(given);
  // Where some stay, others may change places: each round has more that stay.
  for (;;) {
    const swapped = swappedOf(candidates, frozen, asked.answer);
    if (swapped.size === 0) break;
    candidates = changed(candidates, swapped, withStays);
    asked = ask(candidates);
  }
  const leaving = leavingOf(candidates, frozen, asked.answer);
  if (leaving.size === 0) return asked;
  const { answer } = ask(changed(candidates, leaving, withoutCopies));
  const returning = new Map<ServiceId, ReadonlySet<NodeId>>();
  for (const [id, nodes] of leaving) {
    const back = placedOn(answer, must(candidates.get(id), `candidate ${id}`).service, []).filter((node) =>
      nodes.has(node),
    );
    if (back.length > 0) returning.set(id, new Set(back));
  }
  return returning.size === 0 ? asked : ask(changed(candidates, returning, withStays));
}

const withStays = (candidate: Candidate, nodes: ReadonlySet<NodeId>): Candidate => ({
  ...candidate,
  stays: candidate.stays === undefined ? nodes : new Set([...candidate.stays, ...nodes]),
});

/**
 * Copies that differ are dealt out in turn, those that run there no sooner than others: one would leave for another of the same to come,
 * and nobody would gain by it. As many stay as would come, unless an operator wants them elsewhere.
 */
function swappedOf(candidates: Candidates, frozen: Frozen, answer: Answer): Nodes {
  const coming = new Map<string, { readonly id: ServiceId; readonly from: readonly NodeId[] }[]>();
  const leaving: { readonly id: ServiceId; readonly node: NodeId; readonly key: string }[] = [];
  for (const [id, { service, seen, wish, stays }] of candidates) {
    const unit = service.copyOf?.service;
    if (unit === undefined || frozen.has(id)) continue;
    const [placed] = placedOn(answer, service, []);
    const running = seen.copies.filter(({ state, listed }) => listed && state === 'running').map(({ node }) => node);
    if (placed === undefined || running.includes(placed)) continue;
    const arrival = `${unit} on ${placed}`;
    const from = wish === undefined ? running.filter((node) => stays?.has(node) !== true) : [];
    coming.set(arrival, [...(coming.get(arrival) ?? []), { id, from }]);
    leaving.push(...from.map((node) => ({ id, node, key: `${unit} on ${node}` })));
  }
  const staying = new Map<ServiceId, Set<NodeId>>();
  for (const { id, node, key } of leaving) {
    const comer = coming.get(key)?.shift();
    if (comer === undefined) continue;
    staying.set(id, (staying.get(id) ?? new Set()).add(node));
    // Dealt out first, as the promoted ones are, it would come all the same.
    for (const at of comer.from) staying.set(comer.id, (staying.get(comer.id) ?? new Set()).add(at));
  }
  return staying;
}

/** Only copies: what runs once sticks where it ran until it runs elsewhere. */
function leavingOf(candidates: Candidates, frozen: Frozen, answer: Answer): Nodes {
  const leaving = new Map<ServiceId, ReadonlySet<NodeId>>();
  for (const [id, { service, seen }] of candidates) {
    if ((!service.clone && service.copyOf === undefined) || frozen.has(id)) continue;
    const running = seen.copies.filter(({ state, listed }) => listed && state === 'running');
    if (running.length === 0) continue;
    const placed = placedOn(answer, service, []);
    const gone = running.filter(({ node }) => !placed.includes(node)).map(({ node }) => node);
    // What ends without another one in its place has no reason to come back.
    if (gone.length > 0 && placed.some((node) => running.every((copy) => copy.node !== node)))
      leaving.set(id, new Set(gone));
  }
  return leaving;
}

const changed = (
  candidates: Candidates,
  nodes: Nodes,
  change: (candidate: Candidate, nodes: ReadonlySet<NodeId>) => Candidate,
): Candidates =>
  new Map(
    [...candidates].map(([id, candidate]) => {
      const of = nodes.get(id);
      return [id, of === undefined ? candidate : change(candidate, of)] as const;
    }),
  );

function withoutCopies(candidate: Candidate, nodes: ReadonlySet<NodeId>): Candidate {
  const stopped = (copy: Copy): Copy =>
    nodes.has(copy.node) ? { ...copy, state: 'stopped', record: copy.record && stoppedRecord(copy.record) } : copy;
  const { copies, listed } = candidate.seen;
  const seen = {
    copies: copies.map(stopped),
    listed: listed.map((each) => ({ ...each, copy: each.copy === undefined ? undefined : stopped(each.copy) })),
  };
  return { ...candidate, seen };
}

/** What it has failed with counts on. */
const stoppedRecord = (record: ServiceRecord): ServiceRecord => ({
  ...record,
  state: 'stopped',
  role: 'unpromoted',
  digest: null,
});
