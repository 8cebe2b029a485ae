/** A small cluster for tests: two balancers, two web servers, an address; every part can be replaced. */
import { plainCluster, plainTraits, type Resource, type Service } from '../core/model.ts';
import {
  type Admin,
  type FencingRecord,
  type NodeRecord,
  noAdmin,
  type ServiceRecord,
  type ServiceState,
} from '../core/ports.ts';
import type { NodeReport, PeerReport } from '../core/report.ts';
import type { Plan } from '../core/schedule/plan.ts';
import type { ApiHost } from './host.ts';
import type { MergeInput } from './merge.ts';
import type { NodeAnswer } from './status.ts';

export const nodes = ['bal1', 'bal2', 'web1'] as const;

const address: Resource = {
  kind: 'address',
  address: '10.0.0.5',
  prefix: 24,
  family: 4,
  interface: null,
  probeMs: 200,
  drainMs: 1000,
};

export function service(id: string, patch: Partial<Service> = {}): Service {
  return {
    id,
    resource: address,
    on: ['bal1', 'bal2'],
    instances: 1,
    clone: false,
    needs: [],
    with: [],
    stickiness: 1,
    check: { everyMs: 5000, timeoutMs: 2000 },
    startTimeoutMs: 20_000,
    stopTimeoutMs: 20_000,
    failures: { max: 3, forgetMs: null },
    takeover: 'nothing',
    ...plainTraits,
    digest: 'd1',
    ...patch,
  };
}

export const cluster = plainCluster(
  'sample',
  { intervalMs: 200, deadMs: 800, port: 7401 },
  nodes.map((id, index) => ({
    id,
    links: [
      { address: `10.1.0.${index + 1}`, prefix: 24 },
      { address: `10.2.0.${index + 1}`, prefix: 24 },
    ],
  })),
  [
    service('site'),
    service('web', { resource: { kind: 'systemd', unit: 'apache2.service' }, on: ['web1'], takeover: 'lease' }),
  ],
);

export const copy = (state: ServiceState, patch: Partial<ServiceRecord> = {}): ServiceRecord => ({
  state,
  digest: state === 'running' ? 'd1' : null,
  failures: 0,
  lastFailure: null,
  failed: null,
  banned: 'no',
  conflicts: 0,
  drained: [],
  role: state === 'running' || state === 'stopped' ? 'unpromoted' : 'unknown',
  promotion: null,
  peer: null,
  changed: 1,
  notice: null,
  order: null,
  ...patch,
});

export const record = (node: string, services: Record<string, ServiceRecord>): NodeRecord => ({
  node,
  boot: 1,
  version: 1,
  services,
  watchdog: 'none',
  fencings: [],
});

export const plan: Plan = {
  placements: [
    {
      promotion: null,
      service: 'site',
      nodes: ['bal1'],
      scores: [
        {
          node: 'bal1',
          score: 101,
          terms: [
            { points: 100, because: 'first of 2 in on' },
            { points: 1, because: 'it runs there' },
          ],
        },
        { node: 'bal2', score: 0, terms: [{ points: 0, because: 'second of 2 in on' }] },
        { node: 'web1', score: null, terms: [{ points: null, because: 'not in on' }] },
      ],
      because: 'bal1 has the highest score',
    },
    { service: 'web', nodes: ['web1'], scores: [], because: 'web1 is the only node that may run it', promotion: null },
  ],
  actions: [],
  fence: [],
  againAtMs: null,
};

const peer = (node: string, state: PeerReport['state'] = 'member'): PeerReport => ({
  node,
  state,
  confirmedAgoMs: state === 'lost' ? null : 50,
  links: [0, 1].map((link) => ({
    link,
    address: `10.${link + 1}.0.${nodes.indexOf(node as (typeof nodes)[number]) + 1}`,
    up: state !== 'lost',
    rttMs: state === 'lost' ? null : 0.25,
  })),
});

export interface SampleOptions {
  readonly lost?: readonly string[];
  readonly records?: readonly NodeRecord[];
  readonly admin?: Admin;
  readonly plan?: Plan | null;
  readonly quorum?: boolean;
  /** Under way at the node that is asked. */
  readonly fencing?: readonly FencingRecord[];
}

const calm = [
  record('bal1', { site: copy('running') }),
  record('bal2', { site: copy('stopped') }),
  record('web1', { web: copy('running') }),
];

export function reportOf(self: string, options: SampleOptions = {}): NodeReport {
  const { lost = [], quorum = true } = options;
  const members = nodes.filter((node) => !lost.includes(node));
  return {
    node: self,
    boot: 1,
    view: quorum ? { number: 7, members, coordinator: members[0] ?? self } : null,
    quorum,
    noQuorumBecause: quorum ? null : 'it hears 0 of the 1 other nodes that a majority needs',
    waitsFor: [],
    disarmedForMs: options.admin?.disarmed?.forMs ?? null,
    fencing: options.fencing ?? [],
    off: [],
    standing: quorum ? 'majority' : null,
    leaseLeftMs: quorum ? 600 : 0,
    peers: nodes.filter((node) => node !== self).map((node) => peer(node, lost.includes(node) ? 'lost' : 'member')),
    version: { view: 4, counter: 2 },
    admin: options.admin ?? noAdmin,
    records: options.records ?? calm,
    plan: quorum ? (options.plan === undefined ? plan : options.plan) : null,
  };
}

export function answerOf(self: string, options: SampleOptions = {}): NodeAnswer {
  const report = reportOf(self, options);
  return {
    node: self,
    software: '0.1.0',
    startedAt: '2026-11-20T20:00:00.000Z',
    boot: 1,
    view: report.view,
    quorum: report.quorum,
    noQuorumBecause: report.noQuorumBecause,
    version: report.version,
    peers: report.peers,
    record: report.records.find((each) => each.node === self) ?? null,
    plan: report.view?.coordinator === self ? report.plan : null,
    planAgainInMs: null,
    stall: { maxMs: 4.5, lastMinuteMs: 2 },
    balancers:
      self === 'bal1'
        ? [
            {
              service: 'balance',
              node: 'bal1',
              servers: [{ name: 'web1', state: 'up', weight: 100, sessions: 3, lastCheck: 'L7OK 200' }],
            },
          ]
        : [],
  };
}

export function inputOf(options: SampleOptions = {}): MergeInput {
  const alive = nodes.filter((node) => !(options.lost ?? []).includes(node));
  return {
    at: '2026-11-20T21:04:11.000Z',
    cluster,
    version: { view: 4, counter: 2 },
    admin: options.admin ?? noAdmin,
    report: reportOf('bal2', options),
    answers: new Map(alive.map((node) => [node, answerOf(node, options)])),
  };
}

/** A daemon without a cluster around it: it answers from the sample. */
export function sampleHost(patch: Partial<ApiHost> = {}, options: SampleOptions = {}): ApiHost {
  return {
    self: 'bal1',
    software: '0.1.0',
    startedAt: '2026-11-20T20:00:00.000Z',
    cluster: () => cluster,
    content: () => ({ version: { view: 4, counter: 2 }, source: 'cluster: sample\n', admin: options.admin ?? noAdmin }),
    report: () => reportOf('bal1', options),
    nowMs: () => 1000,
    planFor: () => plan,
    balancers: async () => [],
    stall: () => ({ maxMs: 4.5, lastMinuteMs: 2 }),
    packets: () => ({}),
    command: async () => ({ ok: true, version: { view: 4, counter: 2 }, changed: true }),
    parse: async (source) =>
      source === 'bad' ? { cluster: null, problems: [{ message: 'it is bad' }] } : { cluster, problems: [] },
    ask: async (node, question) => (question.kind === 'status' ? answerOf(node, options) : { events: [], lastSeq: 0 }),
    journal: { lastSeq: 0, read: () => [] },
    history: { lines: () => [], entry: () => null, explain: () => undefined },
    ...patch,
  };
}
