/** Nodes: their addresses, which a CIB does not hold, their attributes, and what they have room for. */
import type { AttributeSet, Input, NodeConfig } from '../../../policy/input.ts';
import { readSets } from '../../../policy/rule/index.ts';
import { isTrue } from '../../../policy/rule/text.ts';
import { parseAddress } from '../../network.ts';
import { isPromotionScore } from './bare.ts';
import type { Corosync } from './corosync.ts';
import { type Entry, isAttributeName, plainValue, scoreText } from './layers.ts';
import type { NamedThing } from './names.ts';
import type { RemoteNode } from './remotes.ts';
import { attributeRules, utilizationRules } from './switched.ts';
import type { Translating } from './translating.ts';

/** What the command line tells of addresses, by names of nodes in small letters. */
export type Addresses = ReadonlyMap<string, readonly string[]>;

/** Where addresses may come from, the first one first. */
export interface AddressSources {
  readonly said: Addresses;
  readonly corosync: Corosync | null;
  readonly hosts: Addresses | null;
}

/** `read`: as the file has it, with what operators said. */
export function nodesOf(
  read: Input,
  translating: Translating,
  sources: AddressSources,
  levels: ReadonlyMap<string, readonly (readonly string[])[]>,
): Record<string, unknown> {
  const nodes: Record<string, unknown> = {};
  for (const node of translating.input.nodes) {
    const name = node.type === 'member' ? translating.names.node(node.name) : null;
    if (name === null) noteOther(node, translating);
    else if (nodes[name] === undefined) nodes[name] = nodeOf(node, name, translating, sources, levels.get(name));
  }
  for (const node of read.nodes) noteSaid(node, read, translating);
  return nodes;
}

function noteOther({ name, type }: NodeConfig, { draft }: Translating): void {
  if (type === 'ping') draft.note(name, 'a node of the type ping runs nothing: left out');
  if (type === 'remote') draft.lose(name, 'it is a remote node to which nothing connects: left out');
}

/** What was said with commands is said with commands again. */
function noteSaid({ name, attributes }: NodeConfig, read: Input, { names, draft }: Translating): void {
  const values = readSets(
    attributes.filter(({ rule }) => rule === null),
    { nowS: 0 },
  );
  const now = names.node(name) ?? name;
  if (isTrue(values.get('standby')))
    draft.note(name, `it was in standby, which the file cannot say: sempre node standby ${now}`);
  if ([...values.keys()].some((key) => isPromotionScore(key, read)))
    draft.note(name, 'promotion scores among its attributes are left out: agents say them anew');
  if (isTrue(values.get('maintenance')))
    draft.note(name, `it was in maintenance, which the file cannot say: sempre maintenance on --node ${now}`);
}

function nodeOf(
  node: NodeConfig,
  name: string,
  translating: Translating,
  sources: AddressSources,
  fence: readonly (readonly string[])[] | undefined,
): unknown {
  const addresses = addressesOf(node, name, translating, sources);
  const attributes = attributesOf(node, translating);
  const utilization = utilizationOf(node, translating);
  const remote = translating.remotes.get(node.name);
  const rules = [
    ...attributeRules(name, node.attributes, translating),
    ...utilizationRules(name, node.utilization, ['date'], translating),
  ];
  const more = {
    ...(remote === undefined ? {} : remoteEntry(remote, translating)),
    ...(fence === undefined ? {} : { fence }),
    ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
    ...(Object.keys(utilization).length === 0 ? {} : { utilization }),
    ...(rules.length === 0 ? {} : { rules }),
  };
  return Object.keys(more).length === 0 ? addresses : { addresses, ...more };
}

function remoteEntry({ name, machine }: RemoteNode, { names, draft }: Translating): Entry {
  if (machine === null) return { votes: 0 };
  const thing = names.thing(machine);
  draft.note(name, `a guest runs the daemon, in its machine ${thing?.name ?? machine}: install it there`);
  if (thing !== null && thing.kind === 'service' && !thing.clone) return { guest: thing.name };
  draft.lose(name, `its machine ${machine} runs in several copies: it is a node without a vote here`);
  return { votes: 0 };
}

function addressesOf(
  { id, name: was }: NodeConfig,
  name: string,
  { draft, nodes, remotes }: Translating,
  { said, corosync, hosts }: AddressSources,
): readonly string[] {
  const server = remotes.get(was)?.server ?? null;
  const told = said.get(was.toLowerCase()) ?? said.get(name);
  if (told !== undefined) return told;
  if (server !== null && parseAddress(server).ok) return [server];
  const known = corosync?.nodes.find((each) => each.name === was) ?? corosync?.nodes.find((each) => each.id === id);
  const listed = (hosts?.get((server ?? was).toLowerCase()) ?? []).filter((each) => !/^(127\.|::1$|fe80:)/i.test(each));
  const found = known?.addresses ?? listed.slice(0, 1);
  const unnamed = (corosync?.nodes ?? []).filter((each) => each.name === null && each.id === null);
  if (known === undefined && unnamed.length > 0)
    draft.note(
      null,
      `corosync.conf has addresses without names, ${unnamed.map((each) => each.addresses.join(' and ')).join('; ')}: say which is whose`,
    );
  const place = nodes.indexOf(name);
  const count = Math.max(found.length, 1);
  return Array.from({ length: count }, (_, link) => {
    const address = found[link];
    if (address !== undefined && parseAddress(address).ok) return address;
    if (address !== undefined) draft.note(was, `corosync.conf calls it ${address}: an IP address is needed`);
    return draft.blank(
      `address of ${name}${count > 1 ? ` on link ${link}` : ''}`,
      `10.${254 - link}.${place >> 7}.${1 + (place & 127)}/16`,
    );
  });
}

const plainSets = (sets: readonly AttributeSet[]): readonly AttributeSet[] => sets.filter(({ rule }) => rule === null);

function attributesOf({ name, attributes }: NodeConfig, { draft }: Translating): Entry {
  const entry: Entry = {};
  for (const [key, value] of readSets(plainSets(attributes), { nowS: 0 }))
    if (isAttributeName(key)) entry[key] = plainValue(value);
    else draft.lose(name, `its attribute «${key}» has a name that none can have here: left out`);
  return entry;
}

function utilizationOf({ name, utilization }: NodeConfig, { draft }: Translating): Entry {
  const entry: Entry = {};
  for (const [key, value] of readSets(plainSets(utilization), { nowS: 0 })) {
    const amount = Number.parseInt(value, 10);
    if (isAttributeName(key) && Number.isSafeInteger(amount) && amount >= 0) entry[key] = Math.max(amount, 0);
    else
      draft.lose(name, `it has room for «${value}» of «${key}»: only amounts from 0, and plain names, are taken here`);
  }
  return entry;
}

/** A score of a node counts for everything that may run there. */
export function scoresOfNodes(tops: ReadonlyMap<string, NamedThing>, { input, names }: Translating): readonly Entry[] {
  return input.nodes.flatMap(({ name, type, score }) => {
    const node = names.node(name);
    if (type !== 'member' || score === 0 || node === null || tops.size === 0) return [];
    return [{ id: `score-of-${node}`, services: [...tops.keys()], node, score: scoreText(score) }];
  });
}
