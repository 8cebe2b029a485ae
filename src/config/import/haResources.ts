/** Reads Heartbeat's haresources: which services run together, and where best. */
import { ImportFault, type ImportNote, type Place } from './fault.ts';
import { linesOf, placeOf } from './heartbeatLines.ts';
import type { Token } from './words.ts';

/** Started from left to right on one node, stopped from right to left. */
export interface ResourceLine extends Place {
  readonly preferredNode: string;
  readonly resources: readonly HeartbeatResource[];
}

export type HeartbeatResource = Place &
  (
    | {
        readonly kind: 'address';
        /** `IPaddr`, also for a bare address, or `IPaddr2`, `IPv6addr`. */
        readonly agent: string;
        readonly address: string;
        /** As written: the length of the prefix. */
        readonly prefix: string | null;
        readonly interface: string | null;
        readonly broadcast: string | null;
      }
    | { readonly kind: 'script'; readonly agent: string; readonly values: readonly string[] }
  );

export interface HaResources {
  readonly lines: readonly ResourceLine[];
  readonly notes: readonly ImportNote[];
}

/** Each line: the preferred node and its resources, `AGENT::VALUE::VALUE` or an address. */
export function readHaResources(text: string): HaResources {
  const notes: ImportNote[] = [];
  const lines = linesOf(text, true).map((words) => {
    const node = words.next('the name of a node');
    if (isOfPacemaker(node.text))
      throw new ImportFault(
        node,
        `this is no haresources file: ${node.text} begins what Pacemaker reads (sempre import pacemaker)`,
      );
    const resources = words.rest().map(resourceOf);
    if (resources.length === 0)
      notes.push({ ...placeOf(node), text: `${node.text} has no resources: the line says nothing` });
    return { ...placeOf(node), preferredNode: node.text, resources };
  });
  return { lines, notes };
}

/** What only a CIB or the text of `crm configure` has at the beginning of a line. */
const isOfPacemaker = (word: string): boolean => /^(primitive|rsc_defaults|<\?xml|<cib)$/.test(word);

function resourceOf(token: Token): HeartbeatResource {
  const [agent = '', ...values] = token.text.split('::');
  const place = placeOf(token);
  if (isAddress(token.text)) return { ...place, kind: 'address', agent: 'IPaddr', ...addressOf(token.text) };
  if (!/^(IPaddr2?|IPv6addr)$/.test(agent)) return { ...place, kind: 'script', agent, values };
  const [value] = values;
  if (value === undefined || value === '')
    throw new ImportFault(token, `${agent} names no address: ${agent}::10.0.0.1`);
  return { ...place, kind: 'address', agent, ...addressOf(value) };
}

const isAddress = (text: string): boolean => /^\d+\.\d+\.\d+\.\d+(\/|$)/.test(text);

/** `ADDRESS[/PREFIX[/INTERFACE[/BROADCAST]]]`; what comes behind the prefix tells itself apart by its form. */
function addressOf(text: string): {
  address: string;
  prefix: string | null;
  interface: string | null;
  broadcast: string | null;
} {
  const [address = '', ...rest] = text.split('/');
  const prefix = rest.find((each) => /^\d+$/.test(each)) ?? null;
  const broadcast = rest.find(isAddress) ?? null;
  return { address, prefix, interface: rest.find((each) => each !== prefix && each !== broadcast) ?? null, broadcast };
}
