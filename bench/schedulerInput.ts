/**
 * Clusters of any size as CIB files, for timing: the same for the same wishes. Every resource has a monitor, every node is a
 * member, and one fence device stands on the last node.
 *
 * - stacks: primitives in stacks of five, each with and after the one below; the lowest prefers three nodes.
 * - groups: the same stacks as groups.
 * - free: primitives that only prefer nodes.
 * - clones: one instance of each on every node, interleaved, in stacks of three; every fifth can be promoted.
 *
 * - running: everything is where it belongs and every node has been probed.
 * - failover: the same, and the first node is lost.
 * - empty: nothing is known of any resource.
 */
export const shapes = ['stacks', 'groups', 'free', 'clones'] as const;
export const states = ['running', 'failover', 'empty'] as const;

export interface Wanted {
  readonly shape: (typeof shapes)[number];
  readonly state: (typeof states)[number];
  readonly nodes: number;
  readonly resources: number;
}

export const nameOf = ({ shape, state, nodes, resources }: Wanted): string => `${shape}-${nodes}x${resources}-${state}`;

export function cibOf(wanted: Wanted): string {
  const parts: string[] = [];
  const write = (text: string): void => void parts.push(text);
  write(
    `<cib admin_epoch="0" epoch="1" num_updates="1" have-quorum="1" dc-uuid="${wanted.nodes}" crm_feature_set="3.16.1" ` +
      'validate-with="pacemaker-3.7">\n<configuration>\n',
  );
  writeOptions(wanted, write);
  writeResources(wanted, write);
  writeConstraints(wanted, write);
  write(
    '<rsc_defaults><meta_attributes id="defaults"><nvpair id="defaults-stay" name="resource-stickiness" value="10"/>' +
      '</meta_attributes></rsc_defaults>\n</configuration>\n<status>\n',
  );
  for (let node = 0; node < wanted.nodes; node++) writeNodeState(wanted, node, write);
  write('</status>\n</cib>\n');
  return parts.join('');
}

type Write = (text: string) => void;

const nodeName = ({ nodes }: Wanted, node: number): string => `n${String(node % nodes).padStart(3, '0')}`;
const resourceName = (resource: number): string => `r${String(resource).padStart(5, '0')}`;
const stackOf = ({ shape }: Wanted, resource: number): number => Math.floor(resource / (shape === 'clones' ? 3 : 5));
const isLowest = (wanted: Wanted, resource: number): boolean =>
  stackOf(wanted, resource) !== stackOf(wanted, resource - 1);
const isPromotable = ({ shape }: Wanted, resource: number): boolean => shape === 'clones' && resource % 5 === 4;

/** Where it is in a running cluster: what it likes best. */
const homeOf = (wanted: Wanted, resource: number): number =>
  (wanted.shape === 'free' ? resource : stackOf(wanted, resource)) % wanted.nodes;

const agentOf = (wanted: Wanted, resource: number): string =>
  `class="ocf" provider="pacemaker" type="${isPromotable(wanted, resource) ? 'Stateful' : 'Dummy'}"`;

function writeOptions({ nodes }: Wanted, write: Write): void {
  const options = { 'stonith-enabled': 'true', 'no-quorum-policy': 'stop', 'have-watchdog': 'false' };
  write('<crm_config><cluster_property_set id="options">');
  for (const [name, value] of Object.entries(options))
    write(`<nvpair id="option-${name}" name="${name}" value="${value}"/>`);
  write('</cluster_property_set></crm_config>\n<nodes>');
  for (let node = 0; node < nodes; node++) write(`<node id="${node + 1}" uname="n${String(node).padStart(3, '0')}"/>`);
  write('</nodes>\n');
}

function writeResources(wanted: Wanted, write: Write): void {
  write('<resources>\n<primitive id="fence" class="stonith" type="fence_any"/>\n');
  for (let resource = 0; resource < wanted.resources; resource++) {
    const id = resourceName(resource);
    const isLast = resource === wanted.resources - 1 || isLowest(wanted, resource + 1);
    if (wanted.shape === 'groups' && isLowest(wanted, resource)) write(`<group id="g-${id}">\n`);
    if (wanted.shape === 'clones') write(cloneHead(id, isPromotable(wanted, resource)));
    write(
      `<primitive id="${id}" ${agentOf(wanted, resource)}><operations>` +
        `<op id="${id}-check" name="monitor" interval="10s" timeout="20s"/></operations></primitive>\n`,
    );
    if (wanted.shape === 'clones') write('</clone>\n');
    if (wanted.shape === 'groups' && isLast) write('</group>\n');
  }
  write('</resources>\n');
}

function cloneHead(id: string, promotable: boolean): string {
  const pair = (name: string): string => `<nvpair id="c-${id}-${name}" name="${name}" value="true"/>`;
  const values = promotable ? pair('interleave') + pair('promotable') : pair('interleave');
  return `<clone id="c-${id}"><meta_attributes id="c-${id}-meta">${values}</meta_attributes>\n`;
}

function writeConstraints(wanted: Wanted, write: Write): void {
  write('<constraints>\n');
  for (let resource = 0; resource < wanted.resources; resource++) {
    if (wanted.shape === 'free' || (wanted.shape !== 'clones' && isLowest(wanted, resource)))
      writeLikes(wanted, resource, write);
    else if (wanted.shape !== 'groups' && !isLowest(wanted, resource)) writeStacking(wanted, resource, write);
  }
  write('</constraints>\n');
}

function writeLikes(wanted: Wanted, resource: number, write: Write): void {
  const id = resourceName(resource);
  const subject = wanted.shape === 'groups' ? `g-${id}` : id;
  const home = homeOf(wanted, resource);
  const like = (after: number, score: string): void =>
    write(
      `<rsc_location id="like-${id}-${after}" rsc="${subject}" node="${nodeName(wanted, home + after)}" score="${score}"/>\n`,
    );
  for (const [after, score] of [100, 50, 25].entries()) if (after < wanted.nodes) like(after, String(score));
  if (wanted.nodes > 3 && stackOf(wanted, resource) % 3 === 0) like(3, '-INFINITY');
}

function writeStacking(wanted: Wanted, resource: number, write: Write): void {
  const prefix = wanted.shape === 'clones' ? 'c-' : '';
  const upper = prefix + resourceName(resource);
  const lower = prefix + resourceName(resource - 1);
  write(`<rsc_colocation id="with-${upper}" rsc="${upper}" with-rsc="${lower}" score="INFINITY"/>\n`);
  write(`<rsc_order id="after-${upper}" first="${lower}" then="${upper}"/>\n`);
}

function writeNodeState(wanted: Wanted, node: number, write: Write): void {
  const isLost = wanted.state === 'failover' && node === 0;
  const [member, peer, join] = isLost ? ['false', 'offline', 'down'] : ['true', 'online', 'member'];
  const id = node + 1;
  write(
    `<node_state id="${id}" uname="${nodeName(wanted, node)}" in_ccm="${member}" crmd="${peer}" join="${join}" expected="member">\n` +
      `<transient_attributes id="${id}"><instance_attributes id="says-${id}">`,
  );
  if (wanted.state !== 'empty') writePromotionScores(wanted, node, write);
  write(`</instance_attributes></transient_attributes>\n<lrm id="${id}"><lrm_resources>\n`);
  if (wanted.state !== 'empty') writeHistory(wanted, node, write);
  write('</lrm_resources></lrm></node_state>\n');
}

function writePromotionScores(wanted: Wanted, node: number, write: Write): void {
  for (let resource = 0; resource < wanted.resources; resource++) {
    if (!isPromotable(wanted, resource)) continue;
    const score = resource % wanted.nodes === node ? 10 : 5;
    const id = resourceName(resource);
    write(`<nvpair id="says-${node}-${id}" name="master-${id}" value="${score}"/>`);
  }
}

function writeHistory(wanted: Wanted, node: number, write: Write): void {
  const hasDevice = node === wanted.nodes - 1;
  write('<lrm_resource id="fence" class="stonith" type="fence_any">');
  write(hasDevice ? operation('fence', 'start', 0, 0, 1) : operation('fence', 'monitor', 0, 7, 1));
  write('</lrm_resource>\n');
  for (let resource = 0; resource < wanted.resources; resource++) {
    const id = resourceName(resource);
    const call = 2 * resource + 2;
    write(`<lrm_resource id="${id}" ${agentOf(wanted, resource)}>`);
    if (wanted.shape !== 'clones' && homeOf(wanted, resource) !== node) write(operation(id, 'monitor', 0, 7, call));
    else if (isPromotable(wanted, resource) && resource % wanted.nodes === node)
      write(operation(id, 'promote', 0, 0, call));
    else write(operation(id, 'start', 0, 0, call) + operation(id, 'monitor', 10_000, 0, call + 1));
    write('</lrm_resource>\n');
  }
}

/** Of no parameters; a recurring check's digest has its time-out in it. */
const digests = { once: 'f2317cad3d54cec5d7d7aa7d0bf35cf8', recurring: '4811cef7f7f94e3a35a70be7916cb2fd' };

function operation(id: string, task: string, intervalMs: number, rc: number, call: number): string {
  const transition = `1:1:${rc}:00000000-0000-0000-0000-000000000001`;
  return (
    `<lrm_rsc_op id="${id}_${intervalMs === 0 ? 'last_0' : `${task}_${intervalMs}`}" operation_key="${id}_${task}_${intervalMs}" ` +
    `operation="${task}" crm_feature_set="3.16.1" transition-key="${transition}" transition-magic="0:${rc};${transition}" ` +
    `exit-reason="" call-id="${call}" rc-code="${rc}" op-status="0" interval="${intervalMs}" last-rc-change="1672628645" ` +
    `exec-time="5" queue-time="0" op-digest="${intervalMs === 0 ? digests.once : digests.recurring}"/>`
  );
}
