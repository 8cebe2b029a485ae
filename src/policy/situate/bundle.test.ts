import { describe, expect, it } from 'vitest';
import type { BundleConfig, Input } from '../input.ts';
import { readSets } from '../rule/index.ts';
import { situate } from './index.ts';
import { entry, input, namesOf, primitive, resourceIn, state, up } from './inputs.testing.ts';

const bundle = (parts: Partial<BundleConfig> = {}): BundleConfig => ({
  kind: 'bundle',
  id: 'web',
  meta: [],
  technology: 'podman',
  container: new Map([
    ['image', 'web:1'],
    ['replicas', '2'],
  ]),
  network: new Map([['ip-range-start', '10.0.0.254']]),
  ports: [new Map([['port', '80']])],
  storage: [
    new Map([
      ['source-dir-root', '/srv'],
      ['target-dir', '/var/www'],
      ['options', 'rw'],
    ]),
  ],
  child: primitive('r'),
  ...parts,
});

const situated = (config: BundleConfig, nodeStates: Input['nodeStates'] = []) =>
  situate(input({ resources: [config], nodeStates }));

describe('a bundle', () => {
  it('is containers, addresses, connections and instances', () => {
    const situation = situated(bundle());
    expect(resourceIn(situation, 'web').children.map((index) => situation.resources[index]!.id)).toEqual([
      'web-podman-0',
      'web-ip-10.0.0.254',
      'web-0',
      'web-podman-1',
      'web-ip-10.0.1.1',
      'web-1',
      'web-clone',
    ]);
    const node = situation.nodes[situation.nodeByName.get('web-0')!]!;
    expect(node).toMatchObject({
      kind: 'guest',
      isInBundle: true,
      container: resourceIn(situation, 'web-podman-0').index,
    });
  });

  it('starts its containers with all that they need', () => {
    const { parameterSets } = resourceIn(situated(bundle()), 'web-podman-1');
    expect(readSets(parameterSets, { nowS: 0 }).get('run_opts')).toBe(
      ' -h web-1 -e PCMK_stderr=1 -e PCMK_remote_port=3121 -v /srv/web-1:/var/www:rw' +
        ' -v /etc/pacemaker/authkey:/etc/pacemaker/authkey -v /var/log/pacemaker/bundles/web-1:/var/log' +
        ' -p 10.0.1.1:80:80 -p 10.0.1.1:3121:3121' +
        '  --add-host=web-0:10.0.0.254 --add-host=web-1:10.0.1.1',
    );
  });

  it('needs a way into the container for what is inside', () => {
    const situation = situated(bundle({ network: null }));
    expect([situation.top, situation.notes.length]).toEqual([[], 1]);
    expect(resourceIn(situated(bundle({ network: null, child: null })), 'web').children).toHaveLength(2);
  });

  it('runs its instance where its own node says so', () => {
    const nodeStates = [
      state('web-1', { isRemote: true, history: [entry('r', ['start'], ['promote'])] }),
      up('a', [entry('web-podman-1', ['start']), entry('web-1', ['start'])]),
    ];
    const container = new Map([
      ['replicas', '2'],
      ['promoted-max', '1'],
    ]);
    const situation = situated(bundle({ container }), nodeStates);
    expect(namesOf(situation, resourceIn(situation, 'r:1').runningOn)).toEqual(['web-1']);
    expect(resourceIn(situation, 'web-master')).toMatchObject({ role: 'promoted', meta: { promotedMax: 1 } });
    expect(situation.nodes.filter(({ online }) => online).map(({ name }) => name)).toEqual(['a', 'web-1']);
  });
});

describe('a guest node', () => {
  const guest = primitive('vm', { 'remote-node': 'inside' });

  it('is up while its machine and its connection are', () => {
    const nodeStates = [up('a', [entry('vm', ['start']), entry('inside', ['start'])])];
    const situation = situate(input({ resources: [guest], nodeStates }));
    const node = situation.nodes[situation.nodeByName.get('inside')!]!;
    expect([node.kind, node.online, resourceIn(situation, 'vm').fillers]).toEqual(['guest', true, [node.connection]]);
  });

  it('is fenced by restarting the machine', () => {
    const nodeStates = [
      up('a', [entry('vm', ['start'], ['monitor/10', { rc: 1 }]), entry('inside', ['start'])]),
      state('inside', { isRemote: true, history: [entry('r', ['start'])] }),
    ];
    const settings = { 'stonith-enabled': 'true' };
    const situation = situate(input({ settings, resources: [guest, primitive('r')], nodeStates }));
    const node = situation.nodes[situation.nodeByName.get('inside')!]!;
    expect([node.needsRemoteReset, node.unclean, resourceIn(situation, 'r').failed]).toEqual([true, false, true]);
  });
});
