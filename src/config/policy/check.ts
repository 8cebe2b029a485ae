/** Everything about policies that the schema cannot say. */
import type { Checked } from '../check.ts';
import type { Report } from '../report.ts';
import { checkCapacity, checkFencedFailures } from './checkCapacity.ts';
import { checkChecks } from './checkChecks.ts';
import { checkConflicts } from './checkConflicts.ts';
import { checkForms } from './checkForms.ts';
import { checkKnown } from './checkKnown.ts';
import { checkPolicyNames } from './checkNames.ts';
import { checkRoles } from './checkRoles.ts';
import { checkRules } from './checkRules.ts';
import { checkUnique } from './checkUnique.ts';

export function checkPolicy(checked: Checked, report: Report): void {
  checkForms(checked, report);
  checkPolicyNames(checked, report);
  checkKnown(checked, report);
  checkRules(checked, report);
  checkRoles(checked, report);
  checkUnique(checked, report);
  checkChecks(checked, report);
  checkCapacity(checked, report);
  checkFencedFailures(checked, report);
  checkConflicts(checked, report);
}
