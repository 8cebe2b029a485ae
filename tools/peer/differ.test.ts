import { expect, test } from 'vitest';
import { configurationEdits } from './differConfiguration.ts';
import { constraintEdits } from './differConstraints.ts';
import { drawFrom } from './differDraw.ts';
import { opsOf } from './differGraph.ts';
import { fewer, smaller } from './differShrink.ts';
import { statusEdits } from './differStatus.ts';
import { namesOf, summaryOf } from './differSummary.ts';
import { copyOf, type Element, textOf, treeOf, within } from './differTree.ts';

const cib = treeOf(`<cib><configuration>
  <crm_config/>
  <nodes><node id="1" uname="n1"/><node id="2" uname="n2"/></nodes>
  <resources>
    <group id="g"><primitive id="a"/><primitive id="b"/></group>
    <clone id="c"><meta_attributes id="m"><nvpair id="m-1" name="clone-max" value="2"/></meta_attributes><primitive id="d"/></clone>
  </resources>
  <constraints><rsc_order id="o" first="g" then="c"/></constraints>
</configuration><status>
  <node_state id="1" uname="n1"><lrm id="1"><lrm_resources><lrm_resource id="a">
    <lrm_rsc_op id="a_last_0" operation="start" rc-code="0" op-status="0"/>
  </lrm_resource></lrm_resources></lrm></node_state>
</status></cib>`);

test('a summary: instances folded and told apart, flags, places, blocked actions', () => {
  const text = `Current cluster status:
  * Node List:
    * Node n2: UNCLEAN (offline)
    * Online: [ n1 ]

  * Full List of Resources:
    * Resource Group: g:
      * a\t(ocf:x:y):\t FAILED n1 (blocked)
      * b\t(ocf:x:y):\t Stopped
    * Clone Set: c [d] (promotable):
      * d\t(ocf:x:y):\t Promoted n2 (UNCLEAN)
      * Unpromoted: [ n1 ]

Transition Summary:
  * Fence (reboot) n2 'peer is no longer part of the cluster'
  * Start      b       (                      n1 )  due to unrunnable a start (blocked)
  * Promote    d:0     ( Unpromoted -> Promoted n1 )

Executing Cluster Transition:

Revised Cluster Status:
  * Node List:
    * OFFLINE: [ n1 n2 ]
`;
  const summary = summaryOf(text, namesOf(cib));
  expect(summary?.initial.nodes).toEqual({
    n1: { kind: 'member', state: 'online' },
    n2: { kind: 'member', state: 'unclean-offline' },
  });
  expect(summary?.initial.resources).toEqual({
    a: { on: [['n1', 'Started']], flags: { n1: ['blocked', 'failed'] } },
    b: { on: [], flags: {} },
    d: {
      on: [
        ['n1', 'Unpromoted'],
        ['n2', 'Promoted'],
      ],
      flags: {},
    },
  });
  expect(summary?.final.nodes['n1']?.state).toBe('offline');
  expect(summary?.actions).toEqual([
    { action: 'fence', how: 'reboot', node: 'n2', reason: 'peer is no longer part of the cluster' },
    { action: 'start', resource: 'b', from: null, to: ['n1', null], blocked: true, reason: 'unrunnable a start' },
    { action: 'promote', resource: 'd', from: ['n1', 'Unpromoted'], to: ['n1', 'Promoted'], blocked: false },
  ]);
  expect(summaryOf('nonsense', namesOf(cib))).toBeNull();
});

test('a graph: order is followed through steps that do nothing themselves', () => {
  const step = (id: number, name: string, rest: string, after: number | null): string =>
    `<synapse><action_set><${name} id="${id}" ${rest}</${name}></action_set><inputs>${
      after === null ? '' : `<trigger><x id="${after}"/></trigger>`
    }</inputs></synapse>`;
  const graph = `<transition_graph>
    ${step(1, 'rsc_op', 'operation="stop" on_node="n1"><primitive id="a"/>', null)}
    ${step(2, 'pseudo_event', 'operation="stopped" operation_key="g_stopped_0">', 1)}
    ${step(3, 'crm_event', 'operation="stonith" on_node="n1"><attributes CRM_meta_stonith_action="off"/>', 2)}
    ${step(4, 'rsc_op', 'operation="monitor" on_node="n2"><primitive id="a"/><attributes CRM_meta_interval="5"/>', 3)}
  </transition_graph>`;
  expect(opsOf(treeOf(graph))).toEqual({
    core: ['fence off n1', 'stop a n1'],
    other: ['monitor=5 a n2'],
    order: [['stop a n1', 'fence off n1']],
  });
});

test('each change is the same again for the same draw, and leaves a tree that can be written', () => {
  for (const [at, [, edit]] of [...configurationEdits, ...constraintEdits, ...statusEdits].entries())
    for (let seed = 0; seed < 20; seed++) {
      const [one, other] = [copyOf(cib), copyOf(cib)];
      const told = edit(one, drawFrom(`${at}/${seed}`));
      expect(edit(other, drawFrom(`${at}/${seed}`))).toBe(told);
      expect(textOf(treeOf(textOf(one)))).toBe(textOf(other));
    }
});

test('shrinking keeps what shows the difference, and nothing that it can do without', async () => {
  expect(await fewer([1, 2, 3, 4], (some) => Promise.resolve(some.includes(3)))).toEqual([3]);
  const hasOrder = (tree: Element): Promise<boolean> => Promise.resolve(within(tree, 'rsc_order').length > 0);
  const least = await smaller(cib, hasOrder, 100);
  const left = within(least, 'primitive', 'node', 'lrm_resource', 'rsc_order').map(
    ({ attributes }) => attributes['id'],
  );
  expect(left).toEqual(['o']);
});
