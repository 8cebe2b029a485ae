import type { Check } from '../world/world.ts';
import { durable } from './durable.ts';
import { exclusive } from './exclusive.ts';
import { live } from './live.ts';
import { order } from './order.ts';
import { quorum } from './quorum.ts';
import { views } from './views.ts';

/** All invariants, one file each; fresh for each world, because some remember. */
export const allChecks = (): Check[] => [exclusive(), views(), quorum(), order(), durable(), live()];
