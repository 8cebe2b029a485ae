/** Why a service is where it is, in words: the answer first, then every node with every rule. Pure. */
import type { WhyAnswer, WhyNode } from '../api/status.ts';
import { actionRow } from './render-status.ts';
import { section, wrap } from './table.ts';
import { type Look, mark, paint, type Tone } from './terminal.ts';

/** `node` leaves out the others. */
export function renderWhy(why: WhyAnswer, node: string | null, look: Look): string {
  const nodes = why.nodes.filter((each) => node === null || each.node === node);
  const parts = [
    answer(why, nodes, look),
    ...nodes.map((each) => nodePart(each, why, look)),
    section(
      look,
      'Asked for by operators',
      ['WHAT'],
      why.admin.map((wish) => [wish]),
    ),
    section(look, 'Decided and not done yet', ['#', 'ACTION', 'AFTER', 'WHY'], why.pending.map(actionRow)),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function answer(why: WhyAnswer, shown: readonly WhyNode[], look: Look): string {
  const { service } = why;
  const where = service.nodes.length === 0 ? 'runs nowhere' : `runs on ${service.nodes.join(' and ')}`;
  const should = shouldRun(why);
  const lines = [
    `${service.name} (${service.what}) ${where}${service.nodes.length === 0 ? ` (${service.state})` : ''}.`,
    ...(should === '' ? [] : [should]),
    `Because: ${because(why, shown)}`,
    ...promotion(why),
  ];
  const [first = '', ...rest] = lines.flatMap((line) => wrap(line, look.width ?? Number.POSITIVE_INFINITY));
  return `${[paint(look, 'strong', first), ...rest].join('\n')}\n`;
}

/** What forbids each node stands below, at that node: not once more in one breath. */
function because({ because: whole, nodes }: WhyAnswer, shown: readonly WhyNode[]): string {
  const [head = '', ...reasons] = whole.split('; ');
  const isBelow = reasons.length > 0 && shown.length === nodes.length && nodes.every(({ score }) => score === null);
  return isBelow && head === 'no node can run it' ? `${head}; each one below says why` : whole;
}

function promotion({ promotion: wanted, service }: WhyAnswer): readonly string[] {
  if (wanted === null) return [];
  const now = service.copies.filter(({ role }) => role === 'promoted').map(({ node }) => node);
  const is = now.length === 0 ? 'No copy is promoted' : `Promoted on ${now.join(' and ')}`;
  const same = now.length === wanted.nodes.length && now.every((node) => wanted.nodes.includes(node));
  const should = same ? '' : `, and should be on ${wanted.nodes.length === 0 ? 'none' : wanted.nodes.join(' and ')}`;
  return [`${is}${should}: ${wanted.because}`];
}

function shouldRun({ chosen, service, noQuorumBecause }: WhyAnswer): string {
  if (noQuorumBecause !== null) return `Nothing may run here: ${noQuorumBecause}.`;
  if (chosen === null) return 'No decision has been made yet.';
  const same = chosen.length === service.nodes.length && chosen.every((node) => service.nodes.includes(node));
  if (same) return '';
  return chosen.length === 0 ? 'It should run nowhere.' : `It should run on ${chosen.join(' and ')}.`;
}

function nodePart(node: WhyNode, why: WhyAnswer, look: Look): string {
  const [word, tone] = verdictOn(node, why);
  const score = node.score === null ? '' : `, score ${node.score}`;
  const title = `${mark(look, tone)} ${node.node}: ${word}${score}`;
  const facts = [
    `node ${node.nodeState}`,
    `service ${node.copy}`,
    ...(node.failures > 0 ? [`failed ${node.failures} ${node.failures === 1 ? 'time' : 'times'}`] : []),
  ];
  const terms = node.terms.map((term) => `${points(term.points)}  ${term.because}`);
  const { lastFailure } = node;
  const isSaid = lastFailure === null || node.terms.some((term) => term.because.includes(lastFailure));
  const last = isSaid ? [] : [`${'last'.padStart(pointsWidth)}  ${lastFailure}`];
  const lines = [...terms, ...last].flatMap((line) => hang(line, look));
  return `${paint(look, tone, title)}  ${paint(look, 'dim', facts.join(', '))}\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

const pointsWidth = 8;

function points(value: number | null): string {
  return (value === null ? 'never' : value > 0 ? `+${value}` : String(value)).padStart(pointsWidth);
}

/** Wraps the words under the words, not under the points. */
function hang(line: string, look: Look): string[] {
  if (look.width === null) return [line];
  const start = pointsWidth + 2;
  return wrap(line.slice(start), look.width - start - 2).map(
    (piece, index) => (index === 0 ? line.slice(0, start) : ' '.repeat(start)) + piece,
  );
}

function verdictOn(node: WhyNode, why: WhyAnswer): readonly [string, Tone] {
  if (node.chosen) return [why.service.nodes.includes(node.node) ? 'chosen, runs there' : 'chosen', 'good'];
  if (why.chosen === null) return ['not decided', 'dim'];
  return node.score === null ? ['excluded', 'bad'] : ['possible', 'dim'];
}
