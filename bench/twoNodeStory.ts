/** What became of a fault, as `validate` announced it and as it was seen in the lab, in one form, so that they can be compared. Pure. */
import type { WhatIfCase } from '../sim/foresee/index.ts';

export interface Story {
  /** `alpha switches beta off`, once for each pair. */
  readonly fencings: readonly string[];
  /** Nodes that their watchdogs reset. */
  readonly resets: readonly string[];
  readonly services: readonly ServiceStory[];
}

export interface ServiceStory {
  readonly service: string;
  /** Who runs or holds it at the end. */
  readonly after: readonly string[];
  /** Longest time without it; null: still without it at the end. */
  readonly outMs: number | null;
  /** Time with two owners; null: still two at the end. */
  readonly twiceMs: number | null;
}

/** `services`: those that are compared. A client of an address that is held where only a dead link leads to gets no answer. */
export function announcedStory({ outcome, cutOff }: WhatIfCase, services: readonly string[]): Story {
  const off = outcome.fencings.filter((fencing) => fencing.outcome === 'off');
  return {
    fencings: unique(off.map(({ by, target }) => `${by} switches ${target} off`)),
    resets: outcome.nodes.filter(({ lostPower }) => lostPower?.by === 'watchdog').map(({ node }) => node),
    services: outcome.services
      .filter(({ service }) => services.includes(service))
      .map(({ service, after, downMs, twiceMs }) => ({
        service,
        after: [...after].sort(),
        outMs: cutOff.includes(service) ? null : downMs,
        twiceMs,
      })),
  };
}

/** A program takes time to start, a client's last answer is a while ago when the fault comes, and this machine is small. */
export const slackMs = 2500;

/**
 * better: what is announced is the worst of several histories (either side may win a vote), and this one was less bad: nothing was
 * out for longer, nothing ran twice for longer, nobody else was switched off.
 */
export type Verdict = 'same' | 'better' | 'DIFFERENT';

export function verdictOf(announced: Story, seen: Story): Verdict {
  if (differences(announced, seen).length === 0) return 'same';
  const isSubset = (part: readonly string[], whole: readonly string[]): boolean =>
    part.every((each) => whole.includes(each));
  const isLess =
    isSubset(seen.fencings, announced.fencings) &&
    isSubset(seen.resets, announced.resets) &&
    announced.services.every((told) => {
      const real = seen.services.find(({ service }) => service === told.service);
      return real !== undefined && isNoWorse(told, real);
    });
  return isLess ? 'better' : 'DIFFERENT';
}

const isNoWorse = (told: ServiceStory, real: ServiceStory): boolean =>
  (told.outMs ?? Number.POSITIVE_INFINITY) + slackMs >= (real.outMs ?? Number.POSITIVE_INFINITY) &&
  (told.twiceMs ?? Number.POSITIVE_INFINITY) >= (real.twiceMs ?? Number.POSITIVE_INFINITY) &&
  (real.after.length > 0 || told.after.length === 0);

/** What differs, in words; none: it went as announced. */
export function differences(announced: Story, seen: Story): string[] {
  const found: string[] = [];
  const differ = (what: string, a: string, b: string): void => {
    if (a !== b) found.push(`${what}: announced ${a || 'none'}, seen ${b || 'none'}`);
  };
  differ('fencing', announced.fencings.join(', '), seen.fencings.join(', '));
  differ('watchdog', announced.resets.join(', '), seen.resets.join(', '));
  for (const told of announced.services) {
    const real = seen.services.find(({ service }) => service === told.service);
    if (real === undefined) found.push(`${told.service}: not seen`);
    else found.push(...serviceDifferences(told, real));
  }
  return found;
}

function serviceDifferences(told: ServiceStory, real: ServiceStory): string[] {
  const found: string[] = [];
  const { service } = told;
  if (told.after.join() !== real.after.join())
    found.push(
      `${service}: announced on ${told.after.join(' and ') || 'no node'}, seen on ${real.after.join(' and ') || 'no node'}`,
    );
  const isOut = (told.outMs === null) !== (real.outMs === null);
  const isLong = told.outMs !== null && real.outMs !== null && real.outMs > told.outMs + slackMs;
  // Nothing was announced that does not happen, either.
  const isShort = told.outMs !== null && real.outMs !== null && real.outMs < told.outMs / 3 - slackMs;
  if (isOut || isLong || isShort) found.push(`${service}: announced ${outText(told)}, seen ${outText(real)}`);
  if (isTwice(told) !== isTwice(real)) found.push(`${service}: announced ${twiceText(told)}, seen ${twiceText(real)}`);
  return found;
}

const isTwice = ({ twiceMs }: ServiceStory): string => (twiceMs === null ? 'still' : twiceMs > 0 ? 'once' : 'never');

const outText = ({ outMs }: ServiceStory): string =>
  outMs === null ? 'out until it is healed' : outMs === 0 ? 'without a break' : `out for ${seconds(outMs)}`;

const twiceText = ({ twiceMs }: ServiceStory): string =>
  twiceMs === null
    ? 'two owners until it is healed'
    : twiceMs === 0
      ? 'never two owners'
      : `two owners for ${seconds(twiceMs)}`;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

export function storyText({ fencings, resets, services }: Story): string {
  const told = services.map((service) => {
    const twice = service.twiceMs === 0 ? '' : `, ${twiceText(service)}`;
    return `${service.service} on ${service.after.join(' and ') || 'no node'}, ${outText(service)}${twice}`;
  });
  return [...fencings, ...resets.map((node) => `watchdog resets ${node}`), ...told].join('; ');
}

export const unique = (texts: readonly string[]): string[] => [...new Set(texts)].sort();
