/** Where is the address, and where does it belong? Asks `ip`. */
import { readFileSync } from 'node:fs';
import type { AddressResource, Ms } from '../../core/model.ts';
import type { OpResult } from '../../core/ports.ts';
import { failed, failedOnNode } from '../driver.ts';
import { type Argv, networkOf, showAddress, showInterface, showNetwork } from './commands.ts';
import { type Place, parsePlaces, prefixHeld } from './parse.ts';
import { runTool } from './tool.ts';

type Failed = OpResult & { readonly outcome: 'failed' };

/** An interface that holds the address now. */
export interface Holder {
  readonly place: Place;
  /** As it was added, which a removal must repeat. */
  readonly prefix: number;
}

export async function holdersOf(resource: AddressResource, timeoutMs: Ms): Promise<readonly Holder[] | Failed> {
  const shown = await show(showAddress(resource), timeoutMs);
  return 'outcome' in shown ? shown : holdersIn(shown, resource);
}

export interface Survey {
  readonly holders: readonly Holder[];
  /** The interface that the address belongs on. */
  readonly home: Place;
}

/** All that a start must know, in one question where that is possible: each costs some milliseconds of an outage. */
export async function survey(resource: AddressResource, timeoutMs: Ms): Promise<Survey | Failed> {
  if (resource.interface !== null) return surveyNamed(resource, resource.interface, timeoutMs);
  // The address itself is of its own network: this shows its holders too.
  const shown = await show(showNetwork(resource), timeoutMs);
  if ('outcome' in shown) return shown;
  const fitting = shown.filter((place) => !place.loopback && place.addresses.length > 0);
  const home = fitting.find((place) => place.up && place.carrier) ?? fitting[0];
  return home === undefined ? noInterface(resource) : { holders: holdersIn(shown, resource), home };
}

async function surveyNamed(resource: AddressResource, name: string, timeoutMs: Ms): Promise<Survey | Failed> {
  const [holders, shown] = await Promise.all([holdersOf(resource, timeoutMs), show(showInterface(name), timeoutMs)]);
  if ('outcome' in holders) return holders;
  if ('outcome' in shown) return { ...shown, scope: 'node' };
  const [home] = shown;
  return home === undefined ? failedOnNode(`there is no interface ${name} on this node`) : { holders, home };
}

function holdersIn(places: readonly Place[], resource: AddressResource): Holder[] {
  return places.flatMap((place) => {
    const prefix = prefixHeld(place, resource.address);
    return prefix === null ? [] : [{ place, prefix }];
  });
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
