/** Where is the address, and where does it belong? Asks `ip`. */
import { readFileSync } from 'node:fs';
import type { AddressResource, Ms } from '../../core/model.ts';
import type { OpResult } from '../../core/ports.ts';
import { failed, failedOnNode } from '../driver.ts';
import { type Argv, networkOf, showAddress, showInterface, showNetwork } from './commands.ts';
import { type Place, parsePlaces, prefixHeld } from './parse.ts';
import { runTool } from './tool.ts';

type Failed = OpResult & { readonly outcome: 'failed' };

export type Located =
  | { readonly kind: 'failed'; readonly result: Failed }
  | {
      readonly kind: 'located';
      /** Every interface that holds it now. */
      readonly holders: readonly Holder[];
    };

export interface Holder {
  readonly place: Place;
  /** As it was added, which a removal must repeat. */
  readonly prefix: number;
}

export async function locate(resource: AddressResource, timeoutMs: Ms): Promise<Located> {
  const shown = await show(showAddress(resource), timeoutMs);
  if ('outcome' in shown) return { kind: 'failed', result: shown };
  const holders = shown.flatMap((place) => {
    const prefix = prefixHeld(place, resource.address);
    return prefix === null ? [] : [{ place, prefix }];
  });
  return { kind: 'located', holders };
}

/** The interface that the address belongs on. */
export async function home(resource: AddressResource, timeoutMs: Ms): Promise<Place | Failed> {
  if (resource.interface !== null) return named(resource.interface, timeoutMs);
  const shown = await show(showNetwork(resource), timeoutMs);
  if ('outcome' in shown) return shown;
  // The address itself, parked on `lo`, is of its own network too.
  const fitting = shown.filter((place) => !place.loopback && place.addresses.length > 0);
  return fitting.find((place) => place.up && place.carrier) ?? fitting[0] ?? noInterface(resource);
}

async function named(name: string, timeoutMs: Ms): Promise<Place | Failed> {
  const shown = await show(showInterface(name), timeoutMs);
  if ('outcome' in shown) return { ...shown, scope: 'node' };
  return shown[0] ?? failedOnNode(`there is no interface ${name} on this node`);
}

function noInterface(resource: AddressResource): Failed {
  const network = `${networkOf(resource)}/${resource.prefix}`;
  return failedOnNode(
    `no interface of this node has an address in ${network}: give the node one, or name the service's interface`,
  );
}

async function show(argv: Argv, timeoutMs: Ms): Promise<Place[] | Failed> {
  const said = await runTool(argv, timeoutMs);
  if (!said.ok) return said.result;
  return parsePlaces(said.stdout) ?? failed(`«${argv.join(' ')}» printed something that is no list of addresses`);
}

/** Why the interface cannot serve anybody now; null when it can. */
export function whyNotReady({ interface: name, up, carrier }: Place): string | null {
  if (!up) return `the interface ${name} is down`;
  return carrier ? null : `the interface ${name} has no carrier: is the cable plugged in?`;
}

const capNetAdmin = 12;

/** Whether this process may change addresses. */
export function mayAdministerNetwork(): boolean {
  try {
    const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
    return ((BigInt(`0x${effective}`) >> BigInt(capNetAdmin)) & 1n) === 1n;
  } catch {
    return false;
  }
}
