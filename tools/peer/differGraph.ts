/** A transition graph as Pacemaker writes it: what is done, and what must have ended before what. */
import { byText } from '../../src/lib/compare.ts';
import { type Element, within } from './differTree.ts';
import type { PeerOps } from './result.ts';

interface Step {
  readonly kind: 'core' | 'other' | 'gate';
  readonly text: string;
  readonly after: string[];
}

export function opsOf(graph: Element): PeerOps {
  const steps = stepsOf(graph);
  const texts = (kind: Step['kind']): string[] =>
    [...steps.values()]
      .filter((step) => step.kind === kind)
      .map(({ text }) => text)
      .sort(byText);
  return { core: texts('core'), other: texts('other'), order: orderOf(steps) };
}

function stepsOf(graph: Element): Map<string, Step> {
  const steps = new Map<string, Step>();
  for (const synapse of within(graph, 'synapse')) {
    const after = within(synapse, 'trigger').flatMap(({ children }) =>
      children.map(({ attributes }) => attributes['id'] ?? ''),
    );
    for (const { children } of within(synapse, 'action_set'))
      for (const action of children) {
        const id = action.attributes['id'] ?? '';
        steps.set(id, { ...stepOf(action), after: [...(steps.get(id)?.after ?? []), ...after] });
      }
  }
  return steps;
}

const coreTasks = ['start', 'stop', 'promote', 'demote', 'migrate_to', 'migrate_from', 'reload-agent'];

function stepOf(action: Element): Omit<Step, 'after'> {
  const { operation = '', operation_key: key = '', on_node: node = '' } = action.attributes;
  const meta = action.children.find(({ name }) => name === 'attributes')?.attributes ?? {};
  const resource = action.children.find(({ name }) => name === 'primitive')?.attributes['id'] ?? '';
  if (operation === 'stonith') {
    const how = meta['CRM_meta_stonith_action'] ?? key.split('-').at(-1) ?? '';
    return { kind: 'core', text: `fence ${how} ${node}` };
  }
  if (action.name === 'pseudo_event') return { kind: 'gate', text: key };
  if (operation === 'do_shutdown') return { kind: 'core', text: `shutdown ${node}` };
  const interval = meta['CRM_meta_interval'] ?? '0';
  const verbs: Record<string, string> = {
    monitor: interval === '0' ? 'probe' : `monitor=${interval}`,
    cancel: `cancel=${interval}`,
  };
  const subject = resource === '' ? (meta['CRM_meta_rsc_id'] ?? meta['CRM_meta_attr_name'] ?? '') : resource;
  const text = [verbs[operation] ?? operation, subject, node].filter((word) => word !== '').join(' ');
  return { kind: coreTasks.includes(operation) ? 'core' : 'other', text };
}

/** Pairs of core steps, followed through all others. */
function orderOf(steps: ReadonlyMap<string, Step>): (readonly [string, string])[] {
  const pairs = new Map<string, readonly [string, string]>();
  for (const last of steps.values()) {
    if (last.kind !== 'core') continue;
    const seen = new Set(last.after);
    for (const id of seen) {
      const first = steps.get(id);
      if (first?.kind === 'core') pairs.set(`${first.text}\n${last.text}`, [first.text, last.text]);
      else for (const before of first?.after ?? []) seen.add(before);
    }
  }
  return [...pairs.values()];
}
