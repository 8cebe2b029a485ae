/** Which instance of one clone belongs to which of another: the one on the same node. */
import type { NodeIndex, Resource, ResourceIndex } from '../situation.ts';
import { absent } from '../values.ts';
import { anyBlocked, instancesOf, leavesOf, locationOf, type Net, type When } from './net.ts';

export class Pairing {
  private readonly net: Net;
  private readonly known = new Map<string, ReadonlyMap<NodeIndex, Resource>>();

  constructor(net: Net) {
    this.net = net;
  }

  /** The instance of `other` for this one: on its node, or, if it has none, on the best that it might have. */
  find(instance: Resource, other: Resource, when: When): Resource | undefined {
    const byNode = this.byNode(other, when);
    const node = locationOf(this.net, instance, when);
    if (node !== null) return byNode.get(node);
    for (const candidate of this.candidates(instance)) {
      const found = byNode.get(candidate);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** It cannot be active: all that is in it stops. True: it was to be active. */
  unplace(instance: Resource): boolean {
    let isChanged = false;
    for (const { index } of leavesOf(this.net, instance)) {
      if ((this.net.placement.nodeOf[index] ?? -1) < 0 || this.net.actions.unplaced.has(index)) continue;
      this.net.actions.unplaced.add(index);
      isChanged = true;
    }
    if (isChanged) this.known.clear();
    return isChanged;
  }

  private byNode(other: Resource, when: When): ReadonlyMap<NodeIndex, Resource> {
    const key = keyOf(other.index, when);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const found = new Map<NodeIndex, Resource>();
    for (const instance of instancesOf(this.net, other)) {
      const node = anyBlocked(this.net, instance) ? null : locationOf(this.net, instance, when);
      if (node !== null && !found.has(node)) found.set(node, instance);
    }
    this.known.set(key, found);
    return found;
  }

  private candidates(instance: Resource): readonly NodeIndex[] {
    const scores = this.net.placement.scores[instance.index];
    if (scores === undefined) return [];
    const { nodes } = this.net.situation;
    return nodes
      .filter(({ index }) => scores[index] !== absent)
      .sort((a, b) => (scores[b.index] ?? 0) - (scores[a.index] ?? 0) || (a.name < b.name ? -1 : 1))
      .map(({ index }) => index);
  }
}

const keyOf = (resource: ResourceIndex, when: When): string => `${resource}/${when}`;
