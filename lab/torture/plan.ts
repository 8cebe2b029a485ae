/** What happens in a round: faults drawn from the seed and the number of the round, and from nothing else. Pure. */
import { type Chance, chanceFrom } from './chance.ts';

/** `atMs`: after the round's begin; `forMs`: how long it lasts. Whatever still lasts at the end of the round is healed then. */
export type Fault = { readonly atMs: number; readonly forMs: number } & Harm;

export type Harm =
  /** The switch forwards nothing from and to the node on a link; null: on all. */
  | { readonly kind: 'cut'; readonly node: string; readonly link: number | null }
  /** Packets in one direction only; null: on all links. */
  | { readonly kind: 'oneWay'; readonly from: string; readonly to: string; readonly link: number | null }
  /** No node hears another one; all of them see the clients. */
  | { readonly kind: 'split' }
  | { readonly kind: 'loss'; readonly node: string; readonly percent: number }
  /** SIGSTOP to the daemon, or to every process of the host. */
  | { readonly kind: 'pause'; readonly node: string; readonly whole: boolean }
  | { readonly kind: 'kill'; readonly node: string }
  | { readonly kind: 'powerOff'; readonly node: string }
  /** Requests of a node to the fence device; null: of all nodes. */
  | {
      readonly kind: 'fenceDevice';
      readonly from: string | null;
      readonly mode: 'work' | 'fail' | 'idle';
      readonly delayMs: number;
    }
  | { readonly kind: 'pingTargetDown' }
  | { readonly kind: 'diskFull'; readonly node: string }
  | { readonly kind: 'standby'; readonly node: string }
  | { readonly kind: 'move'; readonly to: string }
  | { readonly kind: 'fenceByHand'; readonly node: string }
  | { readonly kind: 'disarm' };

/** How often each is drawn, against the others. */
const weights: Readonly<Record<Harm['kind'], number>> = {
  cut: 4,
  oneWay: 3,
  split: 3,
  loss: 2,
  pause: 4,
  kill: 4,
  powerOff: 4,
  fenceDevice: 4,
  pingTargetDown: 1,
  diskFull: 2,
  standby: 2,
  move: 2,
  fenceByHand: 1,
  disarm: 1,
};

const faultsMax = 4;
/** Faults begin within this time. */
const spanMs = 1200;

/** `witness`: meets what any machine meets. */
export function roundPlan(
  seed: number,
  round: number,
  { nodes, witness }: { readonly nodes: readonly string[]; readonly witness: string | null },
): Fault[] {
  const chance = chanceFrom(`${seed}/${round}`);
  const count = chance.between(1, faultsMax);
  const faults = Array.from({ length: count }, (): Fault => {
    const kind = kindOf(chance);
    const hitsAny = ['cut', 'loss', 'pause', 'kill', 'powerOff'].includes(kind);
    const harm = harmOf(kind, chance, hitsAny && witness !== null ? [...nodes, witness] : nodes);
    const isLong = chance.chance(0.3);
    return {
      ...harm,
      atMs: chance.between(0, spanMs),
      forMs: isLong ? chance.between(1500, 3500) : chance.between(50, 1500),
    };
  });
  return faults.sort((a, b) => a.atMs - b.atMs || (a.kind < b.kind ? -1 : 1));
}

function kindOf(chance: Chance): Harm['kind'] {
  const kinds = Object.entries(weights) as [Harm['kind'], number][];
  let left = chance.next() * kinds.reduce((sum, [, weight]) => sum + weight, 0);
  return (
    kinds.find(([, weight]) => {
      left -= weight;
      return left < 0;
    })?.[0] ?? 'kill'
  );
}

function harmOf(kind: Harm['kind'], chance: Chance, nodes: readonly string[]): Harm {
  const node = chance.pick(nodes);
  const other = chance.pick(nodes.filter((each) => each !== node));
  const link = chance.pick([null, null, 0, 1]);
  switch (kind) {
    case 'cut':
      return { kind, node, link };
    case 'oneWay':
      return { kind, from: node, to: other, link };
    case 'loss':
      return { kind, node, percent: chance.between(20, 80) };
    case 'pause':
      return { kind, node, whole: chance.chance(0.4) };
    case 'fenceDevice':
      return {
        kind,
        from: chance.chance(0.5) ? node : null,
        mode: chance.pick(['work', 'fail', 'idle']),
        delayMs: chance.pick([0, 300, 1500, 5000]),
      };
    case 'move':
      return { kind, to: node };
    case 'kill':
    case 'powerOff':
    case 'diskFull':
    case 'standby':
    case 'fenceByHand':
      return { kind, node };
    case 'split':
    case 'pingTargetDown':
    case 'disarm':
      return { kind };
  }
}

export function showFault({ kind, atMs, forMs, ...rest }: Fault): string {
  const details = Object.entries(rest).map(([name, value]) => `${name} ${value ?? 'all'}`);
  return [kind, ...details, `at ${atMs} for ${forMs} ms`].join(' ');
}
