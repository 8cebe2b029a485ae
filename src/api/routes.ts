/** What each address of the API answers. The server (`server.ts`) knows HTTP, the routes know the cluster. */
import { servicesNamed } from '../core/model.ts';
import type { Answer, AnswerCode, Command } from '../core/ports.ts';
import type { NodeReport } from '../core/report.ts';
import type { ErrorCode, Failure } from '../lib/errors.ts';
import { type CommandBody, type PlanBody, parseCommandBody, parseJson, parsePlanBody } from './body.ts';
import { eventsAnswer, parseCursor } from './events.ts';
import { adminAfter } from './foresee.ts';
import { gather } from './gather.ts';
import { historyAnswer, historyEntry, parseVersion } from './history.ts';
import { type ApiHost, eventsMax, type Parsed } from './host.ts';
import { type IdentityApi, identityAnswer, isIdentityPath } from './identity.ts';
import { decidingPlan, type MergeInput, mergeStatus, pendingOf } from './merge.ts';
import { nodeAnswer } from './question.ts';
import { type CommandAnswer, type LocalStatus, type NodeAnswer, type PlanAnswer, schemaVersion } from './status.ts';
import { whyAnswer } from './why.ts';

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
}

export interface Response {
  readonly status: number;
  readonly body: unknown;
}

/** Answers everything but `events?follow=1`, which is a stream. Expected failures are answers too. */
export async function route(host: ApiHost, request: Request): Promise<Response> {
  const path = request.path;
  if (isIdentityPath(path) && host.identity !== undefined) return identity(host.identity, request);
  const service = /^\/service\/([^/]+)\/active$/.exec(path)?.[1];
  const isPost = path === '/v1/command' || path === '/v1/plan';
  if (isPost !== (request.method === 'POST') && isKnown(path, service))
    return refuse('USAGE', `${path} takes ${isPost ? 'POST' : 'GET'}`, 405);
  if (service !== undefined) return active(host, service);
  switch (path) {
    case '/healthz':
      return { status: 200, body: { ok: true } };
    case '/readyz':
      return ready(host);
    case '/v1/local':
      return ok(await localStatus(host));
    case '/v1/status':
      return ok(mergeStatus(await mergeInput(host)));
    case '/v1/why':
      return why(host, request.query.get('service') ?? '');
    case '/v1/events':
      return events(host, request.query);
    case '/v1/history':
      return history(host, request.query);
    case '/v1/cluster':
      return ok({ schemaVersion, ...host.content() });
    case '/v1/plan':
      return plan(host, request.body);
    case '/v1/command':
      return command(host, request.body);
    default:
      return refuse('NO_SUCH_ROUTE', `there is no ${path}`, 404);
  }
}

export const errorBody = (failure: Failure, problems?: readonly unknown[]) => ({
  error: { ...failure, ...(problems === undefined ? {} : { problems }) },
});

const paths = [
  '/healthz',
  '/readyz',
  '/v1/local',
  '/v1/status',
  '/v1/why',
  '/v1/events',
  '/v1/history',
  '/v1/cluster',
  '/v1/plan',
  '/v1/command',
];

const isKnown = (path: string, service: string | undefined): boolean => service !== undefined || paths.includes(path);

// ---------------------------------------------------------------- questions

/** For balancers in front of the cluster: 200 only on a node that runs it. */
function active(host: ApiHost, encoded: string): Response {
  const name = decoded(encoded);
  const services = name === null ? [] : servicesNamed(host.cluster(), name);
  if (name === null || services.length === 0) return noService(host, name ?? encoded);
  const record = host.report().records.find((each) => each.node === host.self);
  const states = services.map(({ id }) => record?.services[id]?.state ?? 'unknown');
  const active = states.find((state) => state === 'running' || state === 'reloading');
  return {
    status: active === undefined ? 503 : 200,
    body: { service: name, node: host.self, state: active ?? states[0] ?? 'unknown' },
  };
}

function ready(host: ApiHost): Response {
  const { quorum, noQuorumBecause } = host.report();
  return { status: quorum ? 200 : 503, body: { ready: quorum, because: noQuorumBecause } };
}

async function identity(of: IdentityApi, request: Request): Promise<Response> {
  const answer = await identityAnswer(of, request);
  return answer.ok ? ok({ schemaVersion, ...answer.value }) : refused(answer.failure);
}

async function localStatus(host: ApiHost): Promise<LocalStatus> {
  const answer = await nodeAnswer(host);
  return {
    schemaVersion,
    at: new Date().toISOString(),
    ...answer,
    report: host.report(),
    packets: host.packets(),
    identity: host.identity?.status() ?? null,
  };
}

async function mergeInput(host: ApiHost): Promise<MergeInput> {
  const [own, { answers }] = await Promise.all([
    nodeAnswer(host),
    gather(host, () => ({ kind: 'status' }), isNodeAnswer),
  ]);
  const { version, admin } = host.content();
  const input = { at: new Date().toISOString(), cluster: host.cluster(), version, admin, report: host.report() };
  const readable = [...answers].filter(([node, answer]) =>
    isReadable({ ...input, answers: new Map([[node, answer]]) }),
  );
  return { ...input, answers: new Map([...readable, [host.self, own]]) };
}

/**
 * Tried out, because an answer holds nearly everything that a node knows: one of another version, in which any part has another
 * shape, must count as silence and not take the answer about the whole cluster with it.
 */
function isReadable(input: MergeInput): boolean {
  try {
    const told = mergeStatus(input);
    for (const service of input.cluster.services) whyAnswer(service, input);
    return typeof JSON.stringify(told) === 'string';
  } catch {
    return false;
  }
}

async function why(host: ApiHost, name: string): Promise<Response> {
  const service = host.cluster().services.find((each) => each.id === name);
  return service === undefined ? noService(host, name) : ok(whyAnswer(service, await mergeInput(host)));
}

async function events(host: ApiHost, query: URLSearchParams): Promise<Response> {
  const since = query.get('since') ?? '';
  const limit = Number(query.get('limit') ?? eventsMax);
  if (since !== '' && Number.isNaN(Date.parse(since)))
    return refuse('BAD_REQUEST', '`since` must be a time such as 2026-11-20T21:04:00Z');
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > eventsMax)
    return refuse('BAD_REQUEST', `\`limit\` must be 1 to ${eventsMax}`);
  const sinceUtc = since === '' ? '' : new Date(since).toISOString();
  const after = query.get('after');
  const cursor = after === null ? null : parseCursor(after);
  if (after !== null && cursor === null) return refuse('BAD_REQUEST', '`after` must be a cursor of a former answer');
  return ok(await eventsAnswer(host, { since: sinceUtc, after: cursor, limit }));
}

async function history(host: ApiHost, query: URLSearchParams): Promise<Response> {
  const asked = query.get('version');
  if (asked === null) return ok(await historyAnswer(host));
  const version = parseVersion(asked);
  if (version === null) return refuse('BAD_REQUEST', '`version` must be a version such as 4.2');
  const entry = await historyEntry(host, version);
  return entry === null ? refuse('NO_SUCH_OBJECT', `no node that answers remembers version ${asked}`) : ok(entry);
}

// ---------------------------------------------------------------- plan and change

async function plan(host: ApiHost, text: string): Promise<Response> {
  const body = parseJson(text === '' ? '{}' : text);
  if (!body.ok) return refused(body.failure);
  const asked = parsePlanBody(body.value);
  if (!asked.ok) return refused(asked.failure);
  const report = host.report();
  if (!report.quorum)
    return refuse('NO_QUORUM', `nothing can be decided here: ${report.noQuorumBecause ?? 'no quorum'}`);
  return decide(host, asked.value, report);
}

async function decide(host: ApiHost, { source, command, atMs }: PlanBody, report: NodeReport): Promise<Response> {
  if (source === null && command === null && atMs === null) {
    const input = await mergeInput(host);
    return ok(planAnswer(host, decidingPlan(input.report, input.answers)));
  }
  const missing = command === null ? null : missingObject(host, command);
  if (missing !== null) return missing;
  const parsed = source === null ? { cluster: host.cluster(), problems: [] } : await host.parse(source);
  if (parsed.cluster === null) return invalid(parsed);
  const { admin } = host.content();
  return ok(
    planAnswer(
      host,
      host.planFor(
        parsed.cluster,
        command === null ? admin : adminAfter(admin, command, report.records, host.cluster()),
        atMs,
      ),
    ),
  );
}

function missingObject(host: ApiHost, command: NonNullable<PlanBody['command']>): Response | null {
  const { nodes, services } = host.cluster();
  const service = 'service' in command ? command.service : null;
  if (service !== null && servicesNamed({ services }, service).length === 0) return noService(host, service);
  const node = 'node' in command ? command.node : null;
  if (node === null || nodes.some(({ id }) => id === node)) return null;
  const known = nodes.map(({ id }) => id).join(', ');
  return refuse('NO_SUCH_OBJECT', `there is no node ${JSON.stringify(node)}; there are: ${known}`);
}

function planAnswer(host: ApiHost, decided: ReturnType<ApiHost['planFor']>): PlanAnswer {
  return {
    schemaVersion,
    cluster: host.cluster().name,
    version: host.content().version,
    decidedBy: host.report().view?.coordinator ?? host.self,
    actions: pendingOf(decided),
    unplaced: (decided?.placements ?? [])
      .filter((placement) => placement.nodes.length === 0)
      .map((placement) => ({ service: placement.service, because: placement.because })),
  };
}

async function command(host: ApiHost, text: string): Promise<Response> {
  const body = parseJson(text);
  if (!body.ok) return refused(body.failure);
  const asked = parseCommandBody(body.value);
  if (!asked.ok) return refused(asked.failure);
  const complete = await completed(host, asked.value);
  if (!complete.ok) return invalid(complete.parsed);
  const answer = await host.command(complete.command);
  if (!answer.ok) return refused(failureOf(answer));
  if (asked.value.kind === 'apply' && answer.changed) host.history.explain(answer.version, asked.value.because);
  return ok({ schemaVersion, version: answer.version, changed: answer.changed } satisfies CommandAnswer);
}

type Completed = { readonly ok: true; readonly command: Command } | { readonly ok: false; readonly parsed: Parsed };

async function completed(host: ApiHost, body: CommandBody): Promise<Completed> {
  if (body.kind !== 'apply') return { ok: true, command: body };
  const parsed = await host.parse(body.source);
  if (parsed.cluster === null) return { ok: false, parsed };
  const { kind, source, ifVersion } = body;
  return { ok: true, command: { kind, source, cluster: parsed.cluster, ifVersion } };
}

const failureOf = (answer: Extract<Answer, { ok: false }>): Failure => ({
  code: answer.code,
  message: answer.because,
  next: nextAfter[answer.code],
});

const nextAfter: Readonly<Record<AnswerCode, string | null>> = {
  NO_QUORUM: 'sempre status',
  NO_SUCH_OBJECT: 'sempre status',
  CONFLICT: 'sempre plan FILE',
  UNSAFE: 'sempre why SERVICE',
  TIMED_OUT: 'sempre status',
};

// ---------------------------------------------------------------- answers

const ok = (body: unknown): Response => ({ status: 200, body });

const statusOf: Partial<Readonly<Record<ErrorCode, number>>> = {
  BAD_REQUEST: 400,
  NO_SUCH_OBJECT: 404,
  NO_SUCH_ROUTE: 404,
  CONFLICT: 409,
  UNSAFE: 409,
  TOO_LARGE: 413,
  CONFIG_INVALID: 422,
  BUSY: 503,
  NO_QUORUM: 503,
  TIMED_OUT: 504,
};

const refused = (failure: Failure): Response => ({ status: statusOf[failure.code] ?? 500, body: errorBody(failure) });

function refuse(code: ErrorCode, message: string, status?: number): Response {
  const response = refused({ code, message, next: null });
  return status === undefined ? response : { ...response, status };
}

const invalid = ({ problems }: Parsed): Response => ({
  status: 422,
  body: errorBody(
    { code: 'CONFIG_INVALID', message: 'the cluster file has mistakes', next: 'sempre validate FILE' },
    problems,
  ),
});

function noService(host: ApiHost, name: string): Response {
  const known = host.cluster().services.map((service) => service.id);
  return refuse(
    'NO_SUCH_OBJECT',
    `there is no service ${JSON.stringify(name)}; there are: ${known.join(', ') || 'none'}`,
  );
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** Peers are authenticated; this only refuses what another version of the software answers in another shape. */
const isNodeAnswer = (answer: unknown): answer is NodeAnswer =>
  typeof answer === 'object' &&
  answer !== null &&
  'node' in answer &&
  typeof answer.node === 'string' &&
  'peers' in answer &&
  Array.isArray(answer.peers) &&
  'balancers' in answer &&
  Array.isArray(answer.balancers) &&
  'stall' in answer &&
  typeof answer.stall === 'object' &&
  'record' in answer;
