/**
 * Answers «does the file agree with itself?» once the form of its parts is right.
 *
 * Every check reports all that it finds and none stops another one. The checks see the file as written, to point at the
 * words, and the model made of it, to judge what will run.
 */
import type { Cluster } from '../core/model.ts';
import { checkBalancers } from './checkBalancers.ts';
import { checkCertainty } from './checkCertainty.ts';
import { checkContainers } from './checkContainers.ts';
import { checkCycles } from './checkCycles.ts';
import { checkFencing } from './checkFencing.ts';
import { checkGuests } from './checkGuests.ts';
import { checkNetwork } from './checkNetwork.ts';
import { checkPorts } from './checkPorts.ts';
import { checkQuorum } from './checkQuorum.ts';
import { checkRedundancy } from './checkRedundancy.ts';
import { checkReferences } from './checkReferences.ts';
import { checkServices } from './checkServices.ts';
import { checkTimes } from './checkTimes.ts';
import type { Groups } from './groups.ts';
import { checkPolicy } from './policy/check.ts';
import type { Report } from './report.ts';
import type { Sections } from './sections.ts';

export interface Checked {
  readonly file: Sections;
  readonly groups: Groups;
  /** Made of the parts that are in order. */
  readonly cluster: Cluster;
}

export function check(checked: Checked, report: Report): void {
  checkReferences(checked, report);
  checkCycles(checked, report);
  checkTimes(checked, report);
  checkNetwork(checked, report);
  checkServices(checked, report);
  checkBalancers(checked, report);
  checkContainers(checked, report);
  checkPorts(checked, report);
  checkQuorum(checked, report);
  checkFencing(checked, report);
  checkGuests(checked, report);
  checkCertainty(checked, report);
  checkRedundancy(checked, report);
  checkPolicy(checked, report);
}
