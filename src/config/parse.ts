/**
 * Answers «what does this cluster file say, and what is wrong with it?», all mistakes in one run.
 *
 *     text -> yaml.ts -> values with places -> sections.ts (form) -> normalise.ts (model) -> check.ts -> Cluster
 *
 * Everything in this folder is a function of the text. It reads no file, needs no Node, and never throws: the text may
 * come over the network, and a daemon must not fall over it.
 */
import { LineCounter } from 'yaml';
import { withAllCopies } from '../core/copies.ts';
import type { Cluster } from '../core/model.ts';
import { check } from './check.ts';
import { ownPart } from './copies.ts';
import { groupsOf } from './groups.ts';
import { normalise } from './normalise.ts';
import { offsetOf } from './places.ts';
import type { Problem } from './problems.ts';
import { Findings } from './report.ts';
import { readSections } from './sections.ts';
import { type Fault, type ReadYaml, readYaml } from './yaml.ts';

export type { Problem } from './problems.ts';
export { renderProblems } from './render.ts';

export interface ParsedClusterFile {
  /** Null when there is an error; warnings do no harm to it. */
  readonly cluster: Cluster | null;
  /** In the order of the text. */
  readonly problems: readonly Problem[];
}

const textLengthMax = 1024 * 1024;
const problemsMax = 100;

export function parseClusterFile(text: string, fileName: string): ParsedClusterFile {
  if (text.length > textLengthMax) return { cluster: null, problems: [tooLarge(text.length, fileName)] };
  const yaml = readYaml(text);
  const findings = new Findings();
  const cluster = yaml.value === undefined ? null : readCluster(yaml, findings);
  const faults = emptyFault(yaml) ?? [
    ...yaml.faults,
    ...findings.list.map((finding) => ({ ...finding, offset: offsetOf(yaml.places, finding.spot, text) })),
  ];
  const problems = limit(locate(faults, text, fileName), findings.dropped);
  const ok = yaml.faults.length === 0 && findings.errors === 0;
  return { cluster: ok ? cluster : null, problems };
}

function readCluster(yaml: ReadYaml, findings: Findings): Cluster {
  const file = readSections(yaml.value, findings);
  const groups = groupsOf(file);
  const cluster = normalise(file, groups);
  check({ file, groups, cluster }, findings);
  return withAllCopies(cluster, ownPart);
}

type Located = Fault & { readonly severity?: Problem['severity'] };

/** One sentence instead of a complaint for each thing that an empty file lacks. */
function emptyFault({ value, faults }: ReadYaml): Located[] | null {
  if (value !== null || faults.length > 0) return null;
  const hint = 'a cluster file begins with «cluster: NAME»; examples/web-server-pair/cluster.yaml is one';
  return [{ code: 'FILE_EMPTY', offset: 0, message: 'the file is empty', hint }];
}

function locate(faults: readonly Located[], text: string, file: string): Problem[] {
  const lines = lineStarts(text);
  const sorted = faults.toSorted((a, b) => a.offset - b.offset);
  return sorted
    .filter((fault, index) => !repeats(fault, sorted[index - 1]))
    .map(({ severity = 'error', code, offset, message, hint }) => {
      const { line, col } = lines.linePos(Math.min(offset, text.length));
      return { severity, code, file, line: Math.max(line, 1), column: Math.max(col, 1), message, hint };
    });
}

/** What was found in two ways, or is the reader's second guess at one mistake. */
const repeats = (fault: Located, before: Located | undefined): boolean =>
  before?.offset === fault.offset &&
  before.code === fault.code &&
  (fault.code === 'YAML_SYNTAX' || before.message === fault.message);

function lineStarts(text: string): LineCounter {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines.addNewLine(at + 1);
  return lines;
}

/** Errors are kept before warnings: what is left out must not be the reason why the file is refused. */
function limit(problems: readonly Problem[], dropped: number): readonly Problem[] {
  if (problems.length <= problemsMax && dropped === 0) return problems;
  const errorsFirst = problems.toSorted((a, b) => rank(a) - rank(b));
  const kept = new Set(errorsFirst.slice(0, problemsMax));
  const last = problems.at(-1);
  const more = problems.length + dropped - kept.size;
  if (last === undefined || more <= 0) return problems;
  const note: Problem = {
    ...last,
    code: 'TOO_MANY_PROBLEMS',
    message: `and ${more} more`,
    hint: 'mend these first, then check again',
  };
  return [...problems.filter((problem) => kept.has(problem)), { ...note, severity: 'warning' }];
}

const rank = (problem: Problem): number => (problem.severity === 'error' ? 0 : 1);

function tooLarge(length: number, file: string): Problem {
  const message = `the file has ${length} characters; ${textLengthMax} are the limit`;
  return { severity: 'error', code: 'FILE_TOO_LARGE', file, line: 1, column: 1, message, hint: null };
}
