import { describe, expect, it } from 'vitest';
import { readCib } from '../../config/import/cib.ts';
import type { Action } from '../actions.ts';
import { constrain } from '../constrain/index.ts';
import { place } from '../place/index.ts';
import { situate } from '../situate/index.ts';
import type { Situation } from '../situation.ts';
import { act } from './index.ts';

const noParameters = 'f2317cad3d54cec5d7d7aa7d0bf35cf8';

interface Case {
  readonly options?: string;
  /** Attributes of the primitive's meta, its operations as elements, further resources. */
  readonly meta?: string;
  readonly operations?: string;
  readonly more?: string;
  readonly constraints?: string;
  /** By node: the elements of what it did with the resource `a`. */
  readonly history?: readonly [node: string, operations: string][];
  readonly lost?: string;
  /** Without the second node. */
  readonly isPair?: boolean;
}

/** Three nodes; a resource `a` and a fence device that runs on the first. */
function plan(wanted: Case): { readonly necessary: readonly string[]; readonly actions: readonly Action[] } {
  const situation = situate(readCib(cibOf(wanted)));
  const constraints = constrain(situation);
  const { actions } = act(situation, constraints, place(situation, constraints));
  const necessary = actions.all.filter(
    (action) => !action.isOptional && action.isRunnable && !isAboutDevice(situation, action),
  );
  return { necessary: necessary.map((action) => nameOf(situation, action)), actions: actions.all };
}

const isAboutDevice = (situation: Situation, { resource }: Action): boolean =>
  resource !== null && situation.resources[resource]?.id === 'device';

function nameOf({ resources, nodes }: Situation, { task, how, intervalMs, resource, node, isPseudo }: Action): string {
  const parts = [
    isPseudo ? `(${task})` : task,
    how,
    intervalMs === 0 ? null : String(intervalMs),
    resource === null ? null : resources[resource]?.id,
    node === null ? null : nodes[node]?.name,
  ];
  return parts.filter((part) => part !== null && part !== undefined).join(' ');
}

function cibOf({
  options = '',
  meta = '',
  operations = '',
  more = '',
  constraints = '',
  history = [],
  lost,
  isPair = false,
}: Case): string {
  const names = isPair ? ['n1', 'n3'] : ['n1', 'n2', 'n3'];
  const states = names.map((name, at) => {
    const state =
      name === lost ? 'in_ccm="false" crmd="offline" join="down"' : 'in_ccm="true" crmd="online" join="member"';
    const own = history.filter(([node]) => node === name).map(([, text]) => text);
    const known = own.length > 0 ? own.join('') : op('monitor', 7);
    const device =
      op('monitor', 7).replaceAll('a_', 'device_') + (at === 0 ? op('start', 0, 3).replaceAll('a_', 'device_') : '');
    return `<node_state id="${at + 1}" uname="${name}" ${state} expected="member"><lrm id="${at + 1}"><lrm_resources>
      <lrm_resource id="a" class="ocf" provider="pacemaker" type="Dummy">${known}</lrm_resource>
      <lrm_resource id="device" class="stonith" type="fence_x">${device}</lrm_resource>
      </lrm_resources></lrm></node_state>`;
  });
  return `<cib crm_feature_set="3.16.2" have-quorum="1" dc-uuid="1"><configuration>
    <crm_config><cluster_property_set id="o"><nvpair id="o-f" name="stonith-enabled" value="true"/>${options}</cluster_property_set></crm_config>
    <nodes>${names.map((name, at) => `<node id="${at + 1}" uname="${name}"/>`).join('')}</nodes>
    <resources>
      <primitive id="device" class="stonith" type="fence_x"/>
      <primitive id="a" class="ocf" provider="pacemaker" type="Dummy"><meta_attributes id="a-m">${meta}</meta_attributes>
        <operations>${operations}</operations></primitive>${more}
    </resources><constraints>${constraints}</constraints></configuration>
    <status>${states.join('')}</status></cib>`;
}

/** What was done with `a` and how it ended. */
function op(operation: string, rc: number, call = 1, interval = 0, digest = noParameters): string {
  const id = interval > 0 ? `a_${operation}_${interval}` : 'a_last_0';
  const key = `1:1:${operation === 'monitor' && interval === 0 ? 7 : 0}:x`;
  return `<lrm_rsc_op id="${id}${call}" operation="${operation}" operation_key="a_${operation}_${interval}" call-id="${call}"
    rc-code="${rc}" op-status="0" interval="${interval}" crm_feature_set="3.16.2" op-digest="${digest}"
    transition-key="${key}" transition-magic="0:${rc};${key}"/>`;
}

const nvpair = (name: string, value: string): string => `<nvpair id="x-${name}" name="${name}" value="${value}"/>`;
const on = (node: string): string => `<rsc_location id="l" rsc="a" node="${node}" score="INFINITY"/>`;
const monitor = '<op id="a-m10" name="monitor" interval="10s" timeout="20s"/>';
const runsOn = (node: string, more = ''): [string, string] => [node, op('start', 0, 2) + more];

describe('act', () => {
  it('starts what is stopped and watches it', () => {
    expect(plan({ operations: monitor, constraints: on('n2') }).necessary).toEqual([
      'start a n2',
      'monitor 10000 a n2',
    ]);
  });

  it('moves what runs in the wrong place by stop and start', () => {
    const { necessary } = plan({ constraints: on('n2'), history: [runsOn('n1')] });
    expect(necessary).toEqual(['stop a n1', 'start a n2']);
  });

  it('keeps a move by migration beside the move by restart, until it is known which one it will be', () => {
    const { actions } = plan({ meta: nvpair('allow-migrate', 'true'), constraints: on('n2'), history: [runsOn('n1')] });
    const migrating = actions.filter((action) => action.isMigratable).map((action) => action.task);
    expect(migrating).toEqual(['stop', 'start', 'migrate_to', 'migrate_from']);
  });

  it('looks everywhere for what it knows nothing of, and starts it only then', () => {
    const more = '<primitive id="b" class="ocf" provider="pacemaker" type="Dummy"/>';
    const { necessary, actions } = plan({ more });
    expect(necessary.filter((name) => name.startsWith('monitor'))).toEqual([
      'monitor b n1',
      'monitor b n2',
      'monitor b n3',
    ]);
    const start = actions.find((action) => action.task === 'start' && action.before.length === 3);
    expect(start?.before.map((edge) => edge.first.task)).toEqual(['monitor', 'monitor', 'monitor']);
  });

  it('restarts what was started with other parameters, and schedules a monitor anew whose time-out changed', () => {
    const changed = plan({ history: [['n1', op('start', 0, 2, 0, 'f'.repeat(32))]], constraints: on('n1') });
    expect(changed.necessary).toEqual(['start a n1']);
    const watched = plan({
      operations: monitor,
      history: [runsOn('n1', op('monitor', 0, 3, 10_000))],
      constraints: on('n1'),
    });
    expect(watched.necessary).toEqual(['monitor 10000 a n1']);
  });

  it('ends recurring actions that are no longer configured', () => {
    const { necessary } = plan({ history: [runsOn('n1', op('monitor', 0, 3, 10_000))], constraints: on('n1') });
    expect(necessary).toEqual(['cancel 10000 a n1']);
  });

  it('fences a lost node before what needs that starts elsewhere, and asks nobody there to stop anything', () => {
    const { necessary, actions } = plan({ constraints: on('n2'), history: [runsOn('n3')], lost: 'n3' });
    expect(necessary).toEqual(['(stop) a n3', 'start a n2', 'fence reboot n3']);
    const fencing = actions.find((action) => action.task === 'fence');
    expect(fencing?.after.map((edge) => edge.second.task).sort()).toEqual(['start', 'stop']);
  });

  it('lets the node that matters more survive: its fencing waits', () => {
    const options = '<nvpair id="o-d" name="priority-fencing-delay" value="15s"/>';
    const lost = { options, meta: nvpair('priority', '5'), history: [runsOn('n3')], lost: 'n3' };
    const delayOf = (wanted: Case): number[] =>
      plan(wanted).actions.flatMap(({ task, delayMs }) => (task === 'fence' ? [delayMs] : []));
    expect([delayOf(lost), delayOf({ ...lost, isPair: true })]).toEqual([[0], [15_000]]);
  });

  it('does nothing to what is not managed', () => {
    const { necessary } = plan({ meta: nvpair('is-managed', 'false'), constraints: on('n2'), history: [runsOn('n1')] });
    expect(necessary).toEqual([]);
  });
});
