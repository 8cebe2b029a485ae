/** Draws values that change at some moment of the first seconds, of most services. */
import { digestOf } from '../../src/core/definition.ts';
import type { OcfResource, Rule, RuledValues, Service } from '../../src/core/model.ts';
import { beginsAtMs } from '../world/date.ts';
import type { Prng } from '../world/prng.ts';

export function drawDated(prng: Prng, services: readonly Service[]): Service[] {
  return services.map((service) => {
    if (service.resource.kind !== 'command' || !prng.chance(0.8)) return service;
    const resource: OcfResource = { kind: 'ocf', provider: 'sim', type: service.id, params: {}, paramsOn: {} };
    const ruled = Array.from({ length: prng.between(1, 3) }, (_, index) =>
      valuesOf(prng, `${service.id}-${index}`, service),
    );
    return { ...service, resource, digest: digestOf(resource), ruled };
  });
}

function valuesOf(prng: Prng, id: string, { check, on }: Service): RuledValues {
  const rule = between(prng, id, prng.chance(0.3) ? prng.pick(on) : null);
  if (prng.chance(0.7)) return { rule, params: { mood: id } };
  return {
    rule: between(prng, id, null),
    startTimeoutMs: prng.pick([1500, 2000, 6000]),
    checks: { check: { everyMs: prng.pick([1000, 2000]), timeoutMs: check.timeoutMs }, checks: [] },
  };
}

/** From one moment to another, everywhere or on one node. */
function between(prng: Prng, id: string, node: string | null): Rule {
  const startMs = prng.between(0, 20_000);
  const [start, end] = [startMs, startMs + prng.between(500, 10_000)].map((ms) =>
    new Date(beginsAtMs + ms).toISOString(),
  );
  const date = {
    kind: 'date',
    operation: 'in_range',
    start: start ?? null,
    end: end ?? null,
    duration: null,
    spec: null,
  } as const;
  const where = {
    kind: 'attribute',
    attribute: '#uname',
    operation: 'eq',
    value: node,
    type: null,
    valueSource: null,
  } as const;
  return {
    id,
    join: 'and',
    score: null,
    scoreAttribute: null,
    role: null,
    expressions: node === null ? [date] : [date, where],
  };
}
