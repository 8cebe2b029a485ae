/** What a service takes over from its template, its group and the defaults of the file: the nearest one that says a thing counts. */

export type Layer = Readonly<Record<string, unknown>>;

/** Keys whose mappings are merged one by one; of all others the nearest one counts as a whole. */
const merged = ['params', 'env', 'meta', 'utilization', 'check', 'failures', 'on-fail', 'container'] as const;

/** Keys of a group that are about the whole group and not about each member. */
const ofGroup = ['on', 'location', 'instances', 'promotable', 'notify', 'interleave', 'ordered'];

export const forMembers = (group: Layer): Layer =>
  Object.fromEntries(Object.entries(group).filter(([key]) => !ofGroup.includes(key)));

/** The nearest layer first. */
export function inherit(layers: readonly Layer[]): Layer {
  return layers.reduceRight<Layer>((below, layer) => over(layer, below), {});
}

function over(layer: Layer, below: Layer): Layer {
  const result: Record<string, unknown> = { ...below, ...layer };
  for (const key of merged) {
    const [near, far] = [layer[key], below[key]];
    if (isLayer(near) && isLayer(far)) result[key] = { ...far, ...near };
  }
  result['check'] = checksOver(layer['check'], below['check']) ?? result['check'];
  if (result['check'] === undefined) delete result['check'];
  const rules = rulesOver(layer, below);
  if (rules !== null) result['rules'] = rules;
  return result;
}

/** Of several checks each takes over what it does not say. Null: there are not several. */
function checksOver(near: unknown, far: unknown): readonly unknown[] | null {
  if (!Array.isArray(near) || !isLayer(far)) return null;
  return near.map((check: unknown) => (isLayer(check) ? { ...far, ...check } : check));
}

/** A rule from further away says nothing about what is said plainly nearer by. Of rules the later one counts. */
function rulesOver(layer: Layer, below: Layer): readonly unknown[] | null {
  const far = below['rules'];
  const near = layer['rules'] ?? [];
  if (!Array.isArray(far) || !Array.isArray(near)) return null;
  const kept = far.map((rule: unknown) => (isLayer(rule) ? withoutSaid(rule, layer) : rule));
  return [...kept, ...(near as readonly unknown[])];
}

function withoutSaid(rule: Layer, nearer: Layer): Layer {
  const kept = Object.entries(rule).flatMap(([key, values]) => {
    const said = nearer[key];
    if (key === 'meta') return [[key, without(values, metaSaidBy(nearer))] as const];
    if (said === undefined || key === 'where') return [[key, values] as const];
    return isLayer(said) ? [[key, without(values, new Set(Object.keys(said)))] as const] : [];
  });
  return Object.fromEntries(kept);
}

const without = (values: unknown, said: ReadonlySet<string>): unknown =>
  isLayer(values) ? Object.fromEntries(Object.entries(values).filter(([name]) => !said.has(name))) : values;

/** Meta attributes that have keys of their own in the file. */
export const metaByKey: Readonly<Record<string, string>> = {
  stickiness: 'resource-stickiness',
  priority: 'priority',
};

function metaSaidBy(layer: Layer): ReadonlySet<string> {
  const failures = isLayer(layer['failures']) ? layer['failures'] : {};
  return new Set([
    ...Object.keys(isLayer(layer['meta']) ? layer['meta'] : {}),
    ...Object.entries(metaByKey).flatMap(([key, name]) => (layer[key] === undefined ? [] : [name])),
    ...(failures['max'] === undefined ? [] : ['migration-threshold']),
    ...(failures['forget'] === undefined ? [] : ['failure-timeout']),
  ]);
}

const isLayer = (value: unknown): value is Layer =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
