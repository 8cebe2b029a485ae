/** Lines of haresources as groups: started from left to right on one node, stopped the other way round. */
import ipaddr from 'ipaddr.js';
import { type RunBy, runBy } from './fromHeartbeatAgents.ts';
import type { Certainty } from './fromHeartbeatFencing.ts';
import type { ImportedNode, ReadHaCf, ReadHaResources } from './fromHeartbeatNodes.ts';
import {
  type ClusterFileDraft,
  flowList,
  flowMapping,
  mark,
  nameFor,
  type Sourced,
  scalar,
  sourced,
} from './fromHeartbeatText.ts';
import type { HeartbeatResource, ResourceLine } from './heartbeat.ts';

export interface ServiceSources {
  readonly haCf: ReadHaCf | null;
  readonly haResources: ReadHaResources;
  readonly nodes: readonly ImportedNode[];
  readonly certainty: Certainty;
  /** A node that is cut off stops by itself: others are a majority. */
  readonly stopsItself: boolean;
  /** What runs a script, by its words in haresources or its name alone, as the command line says. */
  readonly agents: ReadonlyMap<string, string>;
}

/** The virtual addresses of all lines. */
export const virtualAddresses = ({ value }: ReadHaResources): readonly string[] =>
  value.lines.flatMap(({ resources }) => resources.flatMap((each) => (each.kind === 'address' ? [each.address] : [])));

/** Whether something may only be started elsewhere once it has certainly ended on a lost node. */
export const needsCertainty = (sources: ServiceSources): boolean =>
  sources.nodes.length > 1 &&
  sources.haResources.value.lines.some((line) => scriptsOf(line).length > 0 && !mayOverlap(line, sources));

/** A group is as careful as its most careful member. */
const mayOverlap = (line: ResourceLine, sources: ServiceSources): boolean =>
  sources.certainty === 'nothing' && scriptsOf(line).every(({ agent, values }) => runBy(agent, values).mayOverlap);

const scriptsOf = ({ resources }: ResourceLine): readonly Script[] =>
  resources.flatMap((each) => (each.kind === 'script' ? [each] : []));

/** Writes `services:`. */
export function writeServices(sources: ServiceSources, draft: ClusterFileDraft): void {
  const lines = sources.haResources.value.lines.filter(({ resources }) => resources.length > 0);
  if (lines.length === 0) return;
  draft.gap();
  draft.line(0, 'services:', failbackOf(sources).comment);
  const taken = new Set<string>();
  const units: string[] = [];
  for (const line of lines) units.push(...writeGroup(line, sources, taken, draft));
  draft.note(
    null,
    'Heartbeat never looked whether a resource works; here each one is checked («check» says how often)',
  );
  if (units.length > 0)
    draft.note(
      null,
      `units that the cluster starts must not start at boot: systemctl disable ${units.map(quoteForShell).join(' ')}`,
    );
}

const quoteForShell = (text: string): string =>
  /^[\w@.:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

interface Failback {
  readonly goesBack: boolean;
  readonly comment: string;
}

function failbackOf({ haCf }: ServiceSources): Failback {
  const said = haCf?.value.autoFailback ?? null;
  const goesBack = said?.value !== 'off';
  const from =
    said === null || haCf === null
      ? "auto_failback is not said: Heartbeat's own is"
      : `${mark(sourced(haCf.file, said))} auto_failback`;
  return {
    goesBack,
    comment: `${from} ${said?.value ?? 'legacy'}: ${goesBack ? 'they go back' : 'they stay where they are'}`,
  };
}

/** The units of it. */
function writeGroup(
  line: ResourceLine,
  sources: ServiceSources,
  taken: Set<string>,
  draft: ClusterFileDraft,
): string[] {
  const source = sourced(sources.haResources.file, line);
  const preferred = sources.nodes.find(({ was }) => was === line.preferredNode.toLowerCase());
  if (preferred === undefined)
    draft.note(source, `«${line.preferredNode}» is none of the nodes: the first one of ha.cf is preferred`);
  const services = line.resources.map((resource) => ({ resource, id: take(nameOf(resource), taken) }));
  const group = services.length > 1 ? take(`${preferred?.id ?? line.preferredNode}-group`, taken) : null;
  const order =
    preferred === undefined ? sources.nodes : [preferred, ...sources.nodes.filter((node) => node !== preferred)];
  const units: string[] = [];
  draft.comment(1, `${mark(source)}${group === null ? '' : ', started in this order, stopped the other way round'}`);
  services.forEach(({ resource, id }, at) => {
    draft.line(1, `${id}:`);
    const at1 = sourced(sources.haResources.file, resource);
    if (resource.kind === 'address') writeAddress(resource, at1, draft);
    else units.push(...writeAgent({ id, ...resource }, at1, sources, draft));
    if (resource.kind === 'script' && sources.nodes.length > 1) writeTakeover(line, sources, draft);
    if (group !== null) draft.line(2, `group: ${group}`);
    if (at === 0 && order.length > 1) draft.line(2, `on: ${flowList(order.map((node) => node.id))}`);
    if (failbackOf(sources).goesBack && sources.nodes.length > 1) draft.line(2, 'stickiness: 0');
  });
  const scripts = services.flatMap(({ resource, id }) => (resource.kind === 'script' ? [id] : []));
  if (isUndecided(line, sources)) askForCertainty(scripts, draft);
  return units;
}

function take(text: string, taken: Set<string>): string {
  const name = nameFor(text, taken);
  taken.add(name);
  return name;
}

const nameOf = (resource: HeartbeatResource): string =>
  resource.kind === 'address'
    ? `ip-${resource.address}`
    : [resource.agent, resource.values[labelAt(resource.agent)] ?? ''].join('-');

/** The value that tells resources of one script apart; where none is known to be harmless, the script alone. */
function labelAt(script: string): number {
  if (script === 'Filesystem') return 1;
  return script === 'drbddisk' || script === 'datadisk' || script === 'LVM' ? 0 : -1;
}

// ---------------------------------------------------------------- addresses

type AddressResource = Extract<HeartbeatResource, { readonly kind: 'address' }>;

function writeAddress(resource: AddressResource, source: Sourced, draft: ClusterFileDraft): void {
  const mask = resource.broadcast === null ? null : prefixOfMask(resource.broadcast);
  const prefix = resource.prefix ?? (mask === null ? null : String(mask));
  const text = prefix === null ? resource.address : `${resource.address}/${prefix}`;
  const device = resource.interface?.replace(/:.*$/, '') ?? null;
  if (device !== resource.interface)
    draft.note(source, `«${resource.interface}» is ${device} now: an address needs no interface of its own`);
  if (mask === null && resource.broadcast !== null && resource.broadcast !== broadcastOf(resource.address, prefix))
    draft.note(source, `the broadcast address ${resource.broadcast} is left out: it is that of the network`);
  draft.line(
    2,
    device === null
      ? `address: ${scalar(text)}`
      : `address: ${flowMapping([
          ['ip', text],
          ['interface', device],
        ])}`,
  );
}

/** Null: it is no netmask. */
const prefixOfMask = (text: string): number | null =>
  text.startsWith('255.') && ipaddr.IPv4.isValidFourPartDecimal(text)
    ? ipaddr.IPv4.parse(text).prefixLengthFromSubnetMask()
    : null;

function broadcastOf(address: string, prefix: string | null): string | null {
  const cidr = `${address}/${prefix ?? ''}`;
  return ipaddr.IPv4.isValidCIDR(cidr) ? ipaddr.IPv4.broadcastAddressFromCIDR(cidr).toString() : null;
}

// ---------------------------------------------------------------- scripts

interface Script {
  readonly agent: string;
  readonly values: readonly string[];
}

function writeAgent(
  script: Script & { readonly id: string },
  source: Sourced,
  sources: ServiceSources,
  draft: ClusterFileDraft,
): string[] {
  const said = sources.agents.get([script.agent, ...script.values].join('::')) ?? sources.agents.get(script.agent);
  const run: RunBy =
    said === undefined
      ? runBy(script.agent, script.values)
      : { ...runBy(script.agent, []), agent: said, params: [], note: null };
  if (run.note !== null) draft.note(source, run.note);
  const blankOf = (): string => draft.blank(`agent for ${script.id}`);
  const hint =
    run.agent === null ? 'fill in: systemd:UNIT or ocf:PROVIDER:TYPE' : said === undefined ? '' : 'from --agent';
  draft.line(2, `agent: ${scalar(run.agent ?? blankOf())}`, hint);
  if (run.params.length > 0) draft.line(2, `params: ${flowMapping(run.params)}`);
  return run.agent?.startsWith('systemd:') === true ? [run.agent.slice('systemd:'.length)] : [];
}

/**
 * Heartbeat without stonith took over on silence, and in a planned move stopped the old copy first. `nothing` also moves
 * without a gap, both at once: what writes would be damaged at each move, so for that a choice has to be made.
 */
function writeTakeover(line: ResourceLine, sources: ServiceSources, draft: ClusterFileDraft): void {
  if (mayOverlap(line, sources))
    draft.line(2, 'takeover: nothing', 'holds no data of its own: two for a moment do no harm');
  else if (isUndecided(line, sources))
    draft.line(2, 'takeover: fencing', 'fill in: fence devices, or a witness and watchdogs');
}

const isUndecided = (line: ResourceLine, sources: ServiceSources): boolean =>
  sources.certainty === 'nothing' &&
  !sources.stopsItself &&
  sources.nodes.length > 1 &&
  scriptsOf(line).length > 0 &&
  !mayOverlap(line, sources);

function askForCertainty(ids: readonly string[], draft: ClusterFileDraft): void {
  const names = ids.join(', ');
  draft.ask(
    `how it is certain that ${names} ended on a lost node: fence devices, or --witness and --watchdog; or takeover: nothing, if two copies at once do no harm`,
  );
}
