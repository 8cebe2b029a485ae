/**
 * The status screen, for somebody who was woken by it: first whether it is well and if not what is wrong, then the
 * details. Pure.
 */
import { assess, type Finding, type Level, timesOf } from '../api/assess.ts';
import type {
  BalancerStatus,
  ClusterStatus,
  FencingStatus,
  LinkStatus,
  NodeStatus,
  ServiceStatus,
  ServiceSummary,
} from '../api/status.ts';
import { showVersion } from '../core/state.ts';
import { type Cell, section, wrap } from './table.ts';
import { type Look, mark, paint, type Tone } from './terminal.ts';

export function renderStatus(status: ClusterStatus, look: Look, wide: boolean): string {
  return [
    header(status, look),
    nodesSection(status, look, wide),
    linksSection(status, look),
    servicesSection(status, look, wide),
    balancersSection(status, look),
    fencingsSection(status, look, wide),
    maintenanceSection(status, look),
    failuresSection(status, look),
    section(
      look,
      'Asked for by operators',
      ['WHAT'],
      status.wishes.map((wish) => [wish]),
    ),
    pendingSection(status, look),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

const levelTone: Readonly<Record<Level, Tone>> = { ok: 'good', warning: 'warn', critical: 'bad' };

function header(status: ClusterStatus, look: Look): string {
  const verdict = assess(status);
  const tone = levelTone[verdict.level];
  const title = `${mark(look, tone)} ${status.cluster}: ${verdict.level.toUpperCase()}`;
  const lines = [
    `${paint(look, tone, title)}  ${verdict.summary}`,
    ...verdict.findings.flatMap((finding) => findingLines(finding, look)),
    ...wrap(facts(status), look.width ?? Number.POSITIVE_INFINITY).map((line) => paint(look, 'dim', line)),
  ];
  return `${lines.join('\n')}\n`;
}

function findingLines(finding: Finding, look: Look): string[] {
  const lines = wrap(finding.text, (look.width ?? Number.POSITIVE_INFINITY) - 4);
  return lines.map(
    (line, index) =>
      `  ${index === 0 ? paint(look, levelTone[finding.level], mark(look, levelTone[finding.level])) : ' '} ${line}`,
  );
}

function facts(status: ClusterStatus): string {
  // Of two nodes one stays in the view while nobody knows that it is off.
  const away = new Set(status.nodes.filter(({ state }) => state === 'lost' || state === 'off').map(({ name }) => name));
  const members = status.view?.members.filter((member) => !away.has(member)).length ?? 0;
  const quorum = status.quorum ? `quorum ${members} of ${status.nodes.length}` : 'no quorum';
  const view = status.view === null ? 'no view' : `view ${status.view.number}`;
  const doing = doingNow(status);
  return [
    quorum,
    view,
    `coordinator ${status.coordinator ?? 'none'}`,
    `version ${showVersion(status.version)}`,
    doing,
    `asked ${status.answeredBy} at ${status.at.slice(0, 19)}Z`,
  ].join(', ');
}

function doingNow(status: ClusterStatus): string {
  if (!status.quorum) return 'nothing can be decided';
  if (status.settled) return 'settled';
  return status.stuck ? 'waits for an operator' : 'at work';
}

// ---------------------------------------------------------------- nodes and links

const nodeTone: Readonly<Record<NodeStatus['state'], Tone>> = {
  online: 'good',
  standby: 'warn',
  joining: 'warn',
  lost: 'bad',
  off: 'warn',
};

function nodesSection({ nodes }: ClusterStatus, look: Look, wide: boolean): string {
  // Where no node has one it says nothing.
  const watched = nodes.some(({ watchdog }) => watchdog !== null && watchdog !== 'none');
  const more = watched ? ['WATCHDOG'] : [];
  const heads = [
    'NAME',
    'STATE',
    'RUNS',
    ...more,
    'WORST STALL',
    ...(wide ? ['LAST MINUTE', 'SINCE', 'SOFTWARE'] : []),
    'NOTE',
  ];
  return section(
    look,
    'Nodes',
    heads,
    nodes.map((node) => nodeRow(node, look, wide, watched)),
  );
}

const watchdogCell = ({ watchdog }: NodeStatus): Cell =>
  watchdog === 'failed' ? { text: 'failed', tone: 'bad' } : (watchdog ?? '');

function nodeRow(node: NodeStatus, look: Look, wide: boolean, watched: boolean): Cell[] {
  const tone = nodeTone[node.state];
  const more = [
    stall(node.stallMsLastMinute),
    node.startedAt === null ? '' : `${node.startedAt.slice(0, 19)}Z`,
    node.software ?? '',
  ];
  const notes = [
    node.coordinator ? 'coordinator' : '',
    node.witness ? 'witness' : '',
    node.guest === undefined ? votesText(node) : guestText(node.guest),
    node.because ?? '',
    node.stray === null ? '' : `stray: ${node.stray}`,
    node.state !== 'lost' && node.state !== 'off' && !node.answered ? 'gave no answer in time' : '',
  ];
  return [
    node.name,
    { text: `${mark(look, tone)} ${node.state}`, tone },
    node.running.join(' ') || '-',
    ...(watched ? [watchdogCell(node)] : []),
    stall(node.stallMsMax),
    ...(wide ? more : []),
    notes.filter((note) => note !== '').join('; '),
  ];
}

const votesText = ({ votes }: NodeStatus): string => (votes === 0 ? 'no vote' : votes === 1 ? '' : `${votes} votes`);

const guestText = ({ machine, state, on }: NonNullable<NodeStatus['guest']>): string =>
  `guest: its machine ${machine} ${on.length === 0 ? `is ${state}` : `runs on ${on.join(' ')}`}`;

const stall = (ms: number | null): string => (ms === null ? '' : `${ms} ms`);

function linksSection({ nodes }: ClusterStatus, look: Look): string {
  const count = Math.max(0, ...nodes.map((node) => node.links.length));
  const heads = ['NODE', ...Array.from({ length: count }, (_, index) => `LINK ${index}`)];
  return section(
    look,
    'Links',
    heads,
    nodes.map((node) => [node.name, ...node.links.map((link) => linkCell(link, look))]),
  );
}

function linkCell(link: LinkStatus, look: Look): Cell {
  if (link.up === null) return { text: `${mark(look, 'dim')} ${link.address} unknown`, tone: 'dim' };
  if (!link.up) return { text: `${mark(look, 'bad')} ${link.address} down`, tone: 'bad' };
  const rtt = link.rttMs === null ? '' : ` ${link.rttMs} ms`;
  return { text: `${mark(look, 'good')} ${link.address} up${rtt}`, tone: 'plain' };
}

// ---------------------------------------------------------------- services

const serviceTone: Readonly<Record<ServiceSummary, Tone>> = {
  running: 'good',
  'partly running': 'warn',
  starting: 'warn',
  stopping: 'warn',
  stopped: 'dim',
  waiting: 'bad',
  failed: 'bad',
  blocked: 'bad',
  unknown: 'bad',
};

function servicesSection({ services }: ClusterStatus, look: Look, wide: boolean): string {
  const heads = ['NAME', 'STATE', 'COPIES', 'WHERE', 'WHAT', ...(wide ? ['SPARES', 'FAILURES'] : []), 'NOTE'];
  return section(
    look,
    'Services',
    heads,
    services.map((service) => serviceRow(service, look, wide)),
  );
}

const runsOn = ({ nodes, copies }: ServiceStatus): string => nodes.map((node) => withRole(node, copies)).join(' ');

function withRole(node: string, copies: ServiceStatus['copies']): string {
  const role = copies.find((copy) => copy.node === node)?.role;
  return role === 'promoted' || role === 'unknown' ? `${node} (${role === 'promoted' ? role : 'role unknown'})` : node;
}

function serviceRow(service: ServiceStatus, look: Look, wide: boolean): Cell[] {
  const tone = serviceTone[service.state];
  return [
    service.name,
    { text: `${mark(look, tone)} ${service.state}`, tone },
    `${service.nodes.length} of ${service.wanted}`,
    runsOn(service) || '-',
    service.what,
    ...(wide ? [`${service.spares} of ${service.sparesWanted}`, String(service.failures)] : []),
    wide || service.state !== 'running' ? service.because : '',
  ];
}

function balancersSection({ balancers }: ClusterStatus, look: Look): string {
  const heads = ['SERVICE', 'NODE', 'SERVER', 'STATE', 'WEIGHT', 'SESSIONS', 'LAST CHECK'];
  return section(
    look,
    'Balancers',
    heads,
    balancers.flatMap((balancer) => balancerRows(balancer, look)),
  );
}

const serverTone = (state: string): Tone => (state === 'up' ? 'good' : state === 'down' ? 'bad' : 'warn');

const balancerRows = (balancer: BalancerStatus, look: Look): Cell[][] =>
  balancer.servers.map((server, index) => [
    index === 0 ? balancer.service : '',
    index === 0 ? balancer.node : '',
    server.name,
    { text: `${mark(look, serverTone(server.state))} ${server.state}`, tone: serverTone(server.state) },
    server.weight === null ? '' : String(server.weight),
    server.sessions === null ? '' : String(server.sessions),
    server.lastCheck ?? '',
  ]);

// ---------------------------------------------------------------- what is wrong and what will be done

/** On a narrow look the last few: who has fenced a month ago is for those who ask for all. */
const fencingsShown = 5;

function fencingsSection({ fencings }: ClusterStatus, look: Look, wide: boolean): string {
  const heads = ['TARGET', 'OUTCOME', 'BY', 'DEVICE', 'TOOK', 'ASKED FOR'];
  const now = fencings.filter(({ outcome, open }) => outcome === 'under way' || open);
  const past = fencings.filter((each) => !now.includes(each));
  const shown = [...now, ...(wide ? past : past.slice(-fencingsShown))];
  return section(look, 'Fencing', heads, shown.map(fencingRow));
}

function fencingRow({ target, outcome, verified, open, by, device, tookMs, because, failure }: FencingStatus): Cell[] {
  const known = outcome === 'off' ? (verified ? 'off, verified' : 'off, not verified') : outcome;
  const tone = outcome === 'under way' || open ? 'bad' : outcome === 'failed' ? 'dim' : 'plain';
  const why = failure === null ? because : `${because}; failed: ${failure}`;
  return [target, { text: known, tone }, by, device, `${(tookMs / 1000).toFixed(1)} s`, why];
}

function maintenanceSection({ maintenance }: ClusterStatus, look: Look): string {
  const rows = maintenance.map(({ node, service, because }): Cell[] => [
    node === null ? 'service' : 'node',
    { text: service ?? node ?? '', tone: 'warn' },
    because,
  ]);
  return section(look, 'Maintenance', ['WHAT', 'NAME', 'WHY'], rows);
}

function failuresSection({ failures }: ClusterStatus, look: Look): string {
  const rows = failures.map((failure): Cell[] => {
    const banned =
      failure.banned === 'cluster' ? 'may run nowhere' : failure.banned === 'node' ? 'may not run there' : '';
    return [failure.service, failure.node, timesOf(failure.count, failure.max), banned, failure.last];
  });
  const text = section(look, 'Failures', ['SERVICE', 'NODE', 'COUNT', '', 'LAST'], rows);
  return text === '' ? '' : `${text}  ${paint(look, 'dim', 'Forget them: sempre service cleanup SERVICE')}\n`;
}

function pendingSection({ pending }: ClusterStatus, look: Look): string {
  return section(
    look,
    'Pending actions',
    ['#', 'ACTION', 'AFTER', 'WHY'],
    pending.map((action) => actionRow(action)),
  );
}

/** One row of a plan; also used by `plan` and `apply`. */
export function actionRow(action: ClusterStatus['pending'][number]): Cell[] {
  const blocked = action.blocked === null ? '' : `; waits: ${action.blocked}`;
  return [
    String(action.id),
    { text: `${action.verb} ${action.service} on ${action.node}`, tone: action.blocked === null ? 'plain' : 'warn' },
    action.after.join(' '),
    `${action.because}${blocked}`,
  ];
}
