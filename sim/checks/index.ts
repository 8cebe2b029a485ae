import type { Check } from '../world/world.ts';
import { bounds } from './bounds.ts';
import { calm } from './calm.ts';
import { drain } from './drain.ts';
import { duel } from './duel.ts';
import { durable } from './durable.ts';
import { exclusive } from './exclusive.ts';
import { kept } from './kept.ts';
import { live } from './live.ts';
import { maintenance } from './maintenance.ts';
import { migration } from './migration.ts';
import { notices } from './notices.ts';
import { order } from './order.ts';
import { promoted } from './promoted.ts';
import { quorum } from './quorum.ts';
import { takeover } from './takeover.ts';
import { views } from './views.ts';

/** All invariants, one file each; fresh for each world, because some remember. */
export const allChecks = (): Check[] => [
  exclusive(),
  takeover(),
  promoted(),
  migration(),
  views(),
  quorum(),
  order(),
  drain(),
  notices(),
  durable(),
  maintenance(),
  kept(),
  duel(),
  bounds(),
  calm(),
  live(),
];
