/**
 * What is known of the nodes before any resource is placed: tickets, locks, locations, health, stickiness, failures, discovery.
 * All of it goes into the rows of scores.
 */

import { isColocated, nodeInside, runsInside } from '../constrain/implicit.ts';
import type { Location, TicketRule } from '../constraints.ts';
import { outgrewFailure } from '../digest/index.ts';
import type { Node, Resource, ResourceIndex } from '../situation.ts';
import { absent, addScores, infinity } from '../values.ts';
import { addTo, type Board, banEverywhere, explain, nodeAt, resourceOf, topOf, writable } from './board.ts';

export function applyCriteria(board: Board): void {
  for (const { resource, node, because } of board.situation.bans)
    if (node === null) banEverywhere(board, resource, because);
    else addTo(board, resource, node, -infinity, because);
  for (const { resource, node, because } of board.situation.pins)
    if (node !== null) addTo(board, resource, node, infinity, because);
  for (const rule of board.constraints.tickets) applyTicket(board, rule, rule.resource);
  for (const resource of board.situation.resources) applyLock(board, resource);
  for (const location of board.constraints.locations.toReversed()) applyLocation(board, location, location.resource);
  applyHealth(board);
  for (const resource of board.situation.resources) {
    applyStickiness(board, resource);
    applyThreshold(board, resource);
  }
  for (const resource of board.situation.resources) applyExclusiveDiscovery(board, resource);
  for (const resource of board.situation.resources) keepOffRemoteNodes(board, resource);
}

// ---------------------------------------------------------------- tickets

function applyTicket(board: Board, rule: TicketRule, resource: ResourceIndex): void {
  const ticket = board.situation.tickets.get(rule.ticket);
  const isGranted = ticket?.granted === true;
  const isStandby = ticket?.standby === true;
  if (isGranted && !isStandby) return;
  const children = board.children[resource]!;
  for (const child of children) applyTicket(board, rule, child);
  if (children.length > 0) return;
  if (!isGranted && board.activeOn[resource]!.length > 0) loseTicket(board, rule, resource);
  else if (rule.role !== 'promoted' || rule.lossPolicy === 'stop')
    withhold(board, rule, resource, isGranted ? 'is in standby' : 'is not granted');
}

function withhold(board: Board, rule: TicketRule, resource: ResourceIndex, why: string): void {
  const because = `ticket ${rule.ticket} ${why} (${rule.id})`;
  board.refused.set(resource, because);
  banEverywhere(board, resource, because);
}

function loseTicket(board: Board, rule: TicketRule, resource: ResourceIndex): void {
  const isInRole = rule.role === null || rule.role === board.role[resource];
  switch (rule.lossPolicy) {
    case 'stop':
      return withhold(board, rule, resource, 'was lost');
    case 'demote':
      // The promoted role is withheld when roles are dealt out.
      if (rule.role !== 'promoted') withhold(board, rule, resource, 'was lost');
      return;
    case 'fence':
      if (isInRole) fenceForTicket(board, rule, resource);
      return;
    case 'freeze':
      if (!isInRole) return;
      board.managed[resource] = 0;
      board.blocked[resource] = 1;
      board.refused.set(resource, `ticket ${rule.ticket} was lost (${rule.id})`);
  }
}

function fenceForTicket(board: Board, rule: TicketRule, resource: ResourceIndex): void {
  withhold(board, rule, resource, 'was lost');
  for (const node of board.activeOn[resource]!) {
    if (board.unclean.has(node)) continue;
    board.unclean.add(node);
    board.isUsable[node] = 0;
    board.fences.push({ node, because: `ticket ${rule.ticket} was lost` });
  }
}

// ---------------------------------------------------------------- locks

/** What a node that shuts down cleanly ran waits for it (`shutdown-lock`); clones and their instances never do. */
function applyLock(board: Board, resource: Resource): void {
  const { situation } = board;
  if (!situation.options.shutdownLock || resource.kind !== 'primitive' || resource.isFenceDevice) return;
  if (resource.agent === null || resource.connects !== null || isCloned(board, resource)) return;
  const node = lockedTo(board, resource);
  if (node < 0) return;
  board.locks.set(resource.index, node);
  const because = `locked to ${nodeAt(board, node).name} (shutdown-lock)`;
  for (const { index } of situation.nodes) if (index !== node) addTo(board, resource.index, index, -infinity, because);
}

function isCloned(board: Board, { parent }: Resource): boolean {
  if (parent === null) return false;
  const { kind, parent: grandparent } = resourceOf(board, parent);
  return kind === 'clone' || kind === 'bundle' || grandparent !== null;
}

function lockedTo(board: Board, { index, lock }: Resource): number {
  const active = board.activeOn[index]!;
  if (lock !== null) return active.length === 0 ? lock.node : -1;
  const [node] = active;
  if (node === undefined || active.length > 1) return -1;
  const { shuttingDown, unclean } = nodeAt(board, node);
  return shuttingDown && !unclean && !board.unclean.has(node) ? node : -1;
}

// ---------------------------------------------------------------- locations

/** A group's preference is that of its first member, which the others follow: they only learn which nodes are candidates. */
function applyLocation(board: Board, location: Location, resource: ResourceIndex, factor = 1): void {
  const { kind, replicas } = resourceOf(board, resource);
  prefer(board, location, resource, factor);
  if (kind === 'bundle') {
    for (const { container, ip } of replicas) {
      applyLocation(board, location, container, factor);
      if (ip !== null) applyLocation(board, location, ip, factor);
    }
    return;
  }
  const isTogether = kind === 'group' && isColocated(resourceOf(board, resource));
  for (const [i, child] of board.children[resource]!.entries())
    applyLocation(board, location, child, isTogether && i > 0 ? 0 : factor);
}

const modes: Readonly<Record<Location['discovery'], number>> = { always: 0, never: 1, exclusive: 2 };

function prefer(board: Board, location: Location, resource: ResourceIndex, factor: number): void {
  if (location.discovery === 'exclusive' && factor === 1 && resource === location.resource)
    board.isExclusive[resource] = 1;
  if (location.role !== null && location.role !== board.next[resource]) return;
  const row = writable(board, resource);
  const because = `location ${location.id}`;
  for (const { node, score } of location.nodes) {
    const points = score * factor;
    row[node] = row[node] === absent ? points : addScores(row[node]!, points);
    explain(board, resource, node, points, because);
    discover(board, resource, node, location);
  }
}

function discover(board: Board, resource: ResourceIndex, node: number, location: Location): void {
  const mode = modes[location.discovery];
  if (mode === 0) return;
  const known = board.discovery.get(resource) ?? new Uint8Array(board.situation.nodes.length);
  if (mode <= known[node]!) return;
  known[node] = mode;
  board.discovery.set(resource, known);
  if (location.discovery === 'exclusive') board.isExclusive[resource] = 1;
}

function applyHealth(board: Board): void {
  for (const { index: node, health } of board.situation.nodes) {
    if (health === 0) continue;
    const nodes = [{ node, score: health }];
    for (const resource of board.situation.top) {
      if (health < 0 && resourceOf(board, resource).meta.allowUnhealthyNodes) continue;
      applyLocation(board, { id: 'node health', resource, role: null, discovery: 'always', nodes }, resource);
    }
  }
}

// ---------------------------------------------------------------- stickiness, failures, discovery

/** Only what is managed and active on exactly one node sticks to it; in an opt-in cluster, only where it was opted in. */
function applyStickiness(board: Board, { index, kind, meta }: Resource): void {
  const [node, other] = board.activeOn[index]!;
  if (kind !== 'primitive' || node === undefined || other !== undefined) return;
  if (board.managed[index] === 0 || meta.stickiness < 1) return;
  if (!board.situation.options.symmetric && board.rows[index]![node] === absent) return;
  addTo(board, index, node, meta.stickiness, 'stickiness');
}

/** Of an anonymous instance the whole clone goes: which instance failed there means nothing. */
function applyThreshold(board: Board, resource: Resource): void {
  const { index, kind, failures } = resource;
  if (kind !== 'primitive') return;
  for (const { node, count } of failures) {
    if (!isOverThreshold(board, index, node)) continue;
    // With other parameters than those it failed with, it deserves a new chance: these failures will be forgotten.
    if (outgrewFailure(board.situation, resource, nodeAt(board, node))) continue;
    const top = topOf(board, index);
    const { kind: topKind } = resourceOf(board, top);
    const isAnonymous = topKind === 'clone' && !resourceOf(board, top).meta.isUnique;
    const because = `failed ${count >= infinity ? 'fatally' : `${count} times`} there (migration-threshold)`;
    addTo(board, isAnonymous ? top : index, node, -infinity, because);
  }
}

/** It has failed there as often as it may. */
export function isOverThreshold(board: Board, resource: ResourceIndex, node: number): boolean {
  const { failures, failureIgnored, meta } = resourceOf(board, resource);
  if (failureIgnored || meta.migrationThreshold === 0) return false;
  const count = failures.find((one) => one.node === node)?.count ?? 0;
  return count > 0 && count >= meta.migrationThreshold;
}

/**
 * Where discovery is exclusive, nodes that are not named for it are out of the question: for all of a collection if it is
 * exclusive as a whole, and not for a part that alone is.
 */
function applyExclusiveDiscovery(board: Board, { index }: Resource): void {
  if (board.isExclusive[topOf(board, index)] !== 1) return;
  const mode = board.discovery.get(index);
  const row = writable(board, index);
  for (let node = 0; node < row.length; node++) {
    if (row[node] === absent || mode?.[node] === modes.exclusive) continue;
    row[node] = -infinity;
    explain(board, index, node, -infinity, 'resource-discovery is exclusive elsewhere');
  }
}

export const isExclusive = (board: Board, resource: ResourceIndex): boolean =>
  board.isExclusive[resource] === 1 || board.isExclusive[topOf(board, resource)] === 1;

/** Probes are wanted there: the node is one of those that an exclusive discovery names, and discovery is not `never`. */
export function discovers(board: Board, resource: ResourceIndex, node: number): boolean {
  const mode = board.discovery.get(resource)?.[node] ?? (nodeAt(board, node).discovers ? 0 : modes.never);
  if (isExclusive(board, resource)) return mode === modes.exclusive && board.rows[resource]![node] !== absent;
  return mode !== modes.never;
}

/**
 * Connections and fence devices need a full member of the cluster, and so does what contains a guest node: guests are not
 * nested, though bundles may be. Fillers of a remote node run in it and nowhere else.
 */
function keepOffRemoteNodes(board: Board, resource: Resource): void {
  const { index, kind, container, isFenceDevice, connects, managed } = resource;
  // The connections of a bundle are kept off as they are made, others only while they are managed.
  if (connects !== null && isInBundle(board, resource)) return forbidWhere(board, index, isRemote);
  if (kind !== 'primitive' || !managed) return;
  if (container !== null && runsInside(board.situation, resource, container)) {
    const connection = nodeInside(board.situation, container);
    forbidWhere(board, index, (node) => node.connection !== connection);
    return;
  }
  if (isFenceDevice || connects !== null) forbidWhere(board, index, isRemote);
  if (connects !== null && container !== null) forbidWhere(board, container, isRemote);
}

const isRemote = ({ kind }: Node): boolean => kind === 'remote' || kind === 'guest';

const isInBundle = (board: Board, { parent }: Resource): boolean =>
  parent !== null && resourceOf(board, parent).kind === 'bundle';

function forbidWhere(board: Board, resource: ResourceIndex, isWrong: (node: Node) => boolean): void {
  const row = writable(board, resource);
  for (const node of board.situation.nodes) {
    if (!isWrong(node) || row[node.index] === absent) continue;
    row[node.index] = -infinity;
    explain(board, resource, node.index, -infinity, 'it belongs elsewhere than on such a node');
  }
}
