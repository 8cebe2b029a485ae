/** Small clusters as CIBs for tests of places: three nodes `a`, `b`, `c`, no fencing; only what matters is said. */
import { readCib } from '../../config/import/cib.ts';
import { constrain } from '../constrain/index.ts';
import type { Constraints } from '../constraints.ts';
import type { Placement } from '../placement.ts';
import { situate } from '../situate/index.ts';
import type { Situation } from '../situation.ts';
import { absent } from '../values.ts';
import { place } from './index.ts';

export interface Cluster {
  readonly resources: string;
  readonly constraints?: string;
  readonly options?: Readonly<Record<string, string>>;
  /** By node: ids of what runs there; `id!` is promoted, `id?` was only probed. */
  readonly running?: Readonly<Record<string, readonly string[]>>;
  /** Node attributes, of nodes that are up until the next boot. */
  readonly attributes?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Room of each node, one kind of it. */
  readonly room?: Readonly<Record<string, number>>;
  readonly rest?: string;
  readonly quorate?: boolean;
}

export interface Placed {
  readonly situation: Situation;
  readonly constraints: Constraints;
  readonly placement: Placement;
}

export function placed(cluster: Cluster): Placed {
  const situation = situate(readCib(cibOf(cluster)));
  const constraints = constrain(situation);
  return { situation, constraints, placement: place(situation, constraints, true) };
}

/** `id node` for each that has a place, with `!` if it is to be promoted. */
export function places({ situation, placement }: Placed): readonly string[] {
  return situation.resources
    .filter(({ index }) => placement.nodeOf[index]! >= 0 && placement.roleOf[index] !== 'stopped')
    .map(({ id, index }) => {
      const mark = placement.roleOf[index] === 'promoted' ? '!' : '';
      return `${id}${mark} ${situation.nodes[placement.nodeOf[index]!]!.name}`;
    });
}

/** Scores on `a`, `b` and `c`; null: no candidate. */
export function scores({ situation, placement }: Placed, id: string): readonly (number | null)[] {
  const row = placement.scores[situation.resourceById.get(id)!]!;
  return [...row].map((score) => (score === absent ? null : score));
}

export const primitive = (id: string, meta: Readonly<Record<string, string>> = {}, more = ''): string =>
  `<primitive id="${id}" class="ocf" provider="pacemaker" type="Dummy">${metaOf(id, meta)}${more}</primitive>`;

export const group = (id: string, members: readonly string[], meta: Readonly<Record<string, string>> = {}): string =>
  `<group id="${id}">${metaOf(id, meta)}${members.join('')}</group>`;

export const clone = (id: string, child: string, meta: Readonly<Record<string, string>> = {}): string =>
  `<clone id="${id}">${metaOf(id, meta)}${child}</clone>`;

export const needs = (id: string, amount: number): string =>
  `<utilization id="${id}-u"><nvpair id="${id}-room" name="room" value="${amount}"/></utilization>`;

export const location = (id: string, node: string, score: string): string =>
  `<rsc_location id="${id}-${node}" rsc="${id}" node="${node}" score="${score}"/>`;

export const together = (dependent: string, primary: string, score: string, more = ''): string =>
  `<rsc_colocation id="${dependent}-${primary}" rsc="${dependent}" with-rsc="${primary}" score="${score}" ${more}/>`;

const metaOf = (id: string, meta: Readonly<Record<string, string>>): string =>
  `<meta_attributes id="${id}-m">${pairs(`${id}-m`, meta)}</meta_attributes>`;

const pairs = (id: string, values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([name, value]) => `<nvpair id="${id}-${name.replace('#', '.')}" name="${name}" value="${value}"/>`)
    .join('');

const names = ['a', 'b', 'c'];

export function cibOf(cluster: Cluster): string {
  const options = { 'stonith-enabled': 'false', ...cluster.options };
  const { resources, constraints = '', rest = '', quorate = true } = cluster;
  return `<cib admin_epoch="0" epoch="1" num_updates="0" validate-with="pacemaker-3.7" crm_feature_set="3.16.2" have-quorum="${Number(quorate)}"><configuration>
    <crm_config><cluster_property_set id="o">${pairs('o', options)}</cluster_property_set></crm_config>
    <nodes>${names.map((name) => nodeOf(cluster, name)).join('')}</nodes>
    <resources>${resources}</resources><constraints>${constraints}</constraints>
    ${rest}</configuration><status>${names.map((name) => stateOf(cluster, name)).join('')}</status></cib>`;
}

function nodeOf({ attributes = {}, room = {} }: Cluster, name: string): string {
  const values = pairs(name, attributes[name] ?? {});
  const amount = room[name] === undefined ? '' : pairs(`${name}-u`, { room: String(room[name]) });
  return `<node id="${name}" uname="${name}"><instance_attributes id="${name}-i">${values}</instance_attributes>
    <utilization id="${name}-u">${amount}</utilization></node>`;
}

function stateOf({ running = {} }: Cluster, name: string): string {
  const history = (running[name] ?? []).map((entry) => historyOf(name, entry)).join('');
  return `<node_state id="${name}" uname="${name}" in_ccm="true" crmd="online" join="member" expected="member">
    <lrm id="${name}"><lrm_resources>${history}</lrm_resources></lrm></node_state>`;
}

function historyOf(node: string, entry: string): string {
  const id = entry.replace(/[!?]$/, '');
  const rc = entry.endsWith('!') ? 8 : entry.endsWith('?') ? 7 : 0;
  return `<lrm_resource id="${id}" class="ocf" provider="pacemaker" type="Dummy"><lrm_rsc_op id="${node}-${id}"
    operation_key="${id}_monitor_0" operation="monitor" call-id="1" rc-code="${rc}" op-status="0" interval="0"
    op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8" transition-key="1:1:7:0" transition-magic="0:${rc};1:1:7:0"/></lrm_resource>`;
}
