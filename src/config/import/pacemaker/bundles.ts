/** Bundles as containers: an image in several replicas, each with a number, and perhaps an address and an agent inside. */
import type { BundleConfig, PrimitiveConfig } from '../../../policy/input.ts';
import { readSets } from '../../../policy/rule/index.ts';
import { parseAddress } from '../../network.ts';
import { agentOf } from './agents.ts';
import { type Entry, plainValue } from './layers.ts';
import { type OperationDefaults, type OperationWords, operationsOf } from './operations.ts';
import { paramRules } from './paramRules.ts';
import { utilizationRules } from './switched.ts';
import type { Translating } from './translating.ts';

const engines: readonly string[] = ['podman', 'docker'];

/** Null: it can be a service here; else why not. */
export function whyNoContainer({ technology, container }: BundleConfig): string | null {
  if (!engines.includes(technology))
    return `a bundle of ${technology}, which nothing here runs: only podman and docker`;
  const image = container.get('image') ?? '';
  return /^[A-Za-z0-9][\w./:@+-]{0,511}$/.test(image) ? null : 'a bundle without the name of an image';
}

/** `name`: of the service. `copies`: how many there are, and how many of them on a node. */
export function containerEntry(
  config: BundleConfig,
  name: string,
  copies: { readonly perNode: number },
  { draft }: Translating,
): Entry {
  const { container, technology, child } = config;
  const network = container.get('network');
  const isHost = network?.toLowerCase() === 'host';
  const address = addressEntry(config, name, draft);
  const ports = portsOf(config, address === null && copies.perNode > 1);
  const mounts = mountsOf(config, draft);
  const options = optionsOf(config, draft);
  if (isHost && ports.length > 0) draft.note(config.id, 'its ports are left out: it is in the network of its node');
  if (config.network?.has('control-port') === true)
    draft.note(config.id, 'control-port is left out: nothing has to be reached inside, agents are run there by exec');
  const command = commandOf(config, child !== null, draft);
  return {
    container: {
      image: container.get('image') ?? '',
      ...(technology === 'podman' ? {} : { engine: technology }),
      ...(address === null ? {} : { address }),
      ...(ports.length === 0 || isHost ? {} : { ports }),
      ...(mounts.length === 0 ? {} : { mounts }),
      ...(network === undefined ? {} : { network: isHost ? 'host' : network }),
      ...(options.length === 0 ? {} : { options }),
    },
    ...(command === null ? {} : { command }),
  };
}

type Draft = Translating['draft'];

function commandOf(
  { id, container }: BundleConfig,
  hasChild: boolean,
  draft: Draft,
): string | readonly string[] | null {
  const said = container.get('run-command')?.trim() ?? '';
  if (said !== '' && !/pacemaker[-_]remoted/.test(said)) return said.split(/\s+/);
  if (!hasChild) return null;
  draft.note(
    id,
    'pacemaker_remoted ran in it, which nothing needs here: its command only stays until it is stopped; take the one of the image if it stays too',
  );
  return 'trap "exit 0" TERM; sleep infinity & wait';
}

/** `IPaddr2` finds its interface by a route; here it is named, or the address lies in a network of the nodes. */
function addressEntry({ id, network }: BundleConfig, name: string, draft: Draft): Entry | null {
  const first = network?.get('ip-range-start');
  if (first === undefined) return null;
  const mask = network?.get('host-netmask') ?? '32';
  const ip = `${first}/${mask}`;
  if (!parseAddress(ip).ok) {
    draft.lose(id, `its first address ${ip} cannot be held by a node: left out`);
    return null;
  }
  const given = network?.get('host-interface') ?? '';
  if (/^[A-Za-z0-9][^\s/]{0,14}$/.test(given)) return { ip, interface: given };
  return { ip, interface: draft.blank(`interface for the addresses of ${name}`, 'eth0') };
}

const portsMax = 100;

/** `sharesNode`: several on one node, with nothing but the port to tell them apart. */
function portsOf({ ports }: BundleConfig, sharesNode: boolean): readonly (number | string)[] {
  const pair = (outside: number, inside: number): number | string => {
    if (sharesNode) return `{copy+${outside}}:${inside}`;
    return outside === inside ? outside : `${outside}:${inside}`;
  };
  const all = ports.flatMap((mapping) => {
    const outside = portIn(mapping.get('port'));
    if (outside !== null) return [pair(outside, portIn(mapping.get('internal-port')) ?? outside)];
    const [from, to] = (mapping.get('range') ?? '').split('-').map(portIn);
    if (from == null || to == null) return [];
    return Array.from({ length: Math.min(Math.max(to - from + 1, 0), portsMax) }, (_, at) =>
      pair(from + at, from + at),
    );
  });
  return [...new Set(all)].slice(0, portsMax);
}

function portIn(text: string | undefined): number | null {
  const port = /^\d{1,5}$/.test(text ?? '') ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : null;
}

function mountsOf({ id, storage }: BundleConfig, draft: Draft): readonly (string | Entry)[] {
  return storage.flatMap((each): (string | Entry)[] => {
    const [source, root, to] = [each.get('source-dir'), each.get('source-dir-root'), each.get('target-dir')];
    const from = source ?? (root === undefined ? undefined : `${root}/${id}-{copy}`);
    const options = each.get('options');
    const isPlain = [from, to].every((path) => path !== undefined && /^\/[^:\n]{0,1000}$/.test(path));
    if (!isPlain || (options !== undefined && !/^[\w=-]{1,64}(?:,[\w=-]{1,64}){0,15}$/.test(options))) {
      draft.lose(
        id,
        `the folder ${from} cannot be mounted at ${to}${options === undefined ? '' : ` (${options})`}: left out`,
      );
      return [];
    }
    const how = options === undefined ? {} : { options };
    return source === undefined
      ? [{ from, to, ...how, create: true }]
      : [[source, to, ...(options === undefined ? [] : [options])].join(':')];
  });
}

const longNames: Readonly<Record<string, string>> = {
  v: 'volume',
  e: 'env',
  p: 'publish',
  m: 'memory',
  u: 'user',
  h: 'hostname',
  w: 'workdir',
  c: 'cpu-shares',
};

/** What the cluster gives by itself, or what needs nothing here. */
const ownOptions = /^--(?:name|restart|rm|detach|replace|pull|label|pod|cidfile|stop-timeout|network|net)(?:=|$)/;

/** Words of a command line, each option with its value. */
function optionsOf({ id, container }: BundleConfig, draft: Draft): readonly string[] {
  const words = (container.get('options') ?? '').split(/\s+/).filter((word) => word !== '');
  const options: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const short = /^-([a-zA-Z])(.*)$/s.exec(word);
    const long =
      short === null ? word : `--${longNames[short[1] ?? ''] ?? '?'}${short[2] === '' ? '' : `=${short[2]}`}`;
    const next = words[at + 1];
    const takesNext = !long.includes('=') && next !== undefined && !next.startsWith('-');
    const option = takesNext ? `${long}=${next}` : long;
    if (takesNext) at += 1;
    if (/^--[a-z][a-z0-9-]{0,63}(?:=.{0,4096})?$/s.test(option) && !ownOptions.test(option) && options.length < 100)
      options.push(option);
    else draft.note(id, `its option ${takesNext ? `${word} ${next}` : word} is left out`);
  }
  return options;
}

/** What its agent inside says, in the words of a service. */
export function insideEntry(
  child: PrimitiveConfig,
  above: OperationDefaults,
  isFenced: boolean,
  translating: Translating,
): Inside {
  const { draft } = translating;
  const resource = translating.instances.get(child.id) ?? null;
  const { agent, kind, note } = agentOf(child.agent);
  const { promotable = false, notify = false } = resource?.meta ?? {};
  const abilities = { isPromotable: promotable, migrates: false, isNotified: notify, isFenced };
  const { entry, onFail, rules } = operationsOf(child, 'ocf', abilities, above, translating);
  if (agent === null || kind !== 'ocf') {
    draft.lose(
      child.id,
      `it runs in a container, where only OCF agents can be run: left out${note === null ? '' : ` (${note})`}`,
    );
    return { entry: {}, onFail: {}, rules: [] };
  }
  const values = readSets(resource?.parameterSets ?? [], { nowS: 0 });
  const named = [...values].filter(([name]) => /^[A-Za-z_][\w-]{0,99}$/.test(name));
  const params = Object.fromEntries(named.map(([name, value]) => [name, plainValue(value)]));
  return {
    entry: { agent, ...(named.length === 0 ? {} : { params }), ...entry },
    onFail,
    rules: [
      ...utilizationRules(child.id, child.utilization, ['date', 'resource'], translating),
      ...rules,
      ...paramRules(child, [], 'ocf', translating),
    ],
  };
}

export interface Inside {
  readonly entry: Entry;
  readonly onFail: OperationWords['onFail'];
  readonly rules: readonly Entry[];
}
