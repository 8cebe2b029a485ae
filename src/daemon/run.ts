/** Wires one node: the loop, the real ports around it, the clock that drives it, and the API. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiHost, PeerQuestion } from '../api/host.ts';
import { answerPeer } from '../api/question.ts';
import { serveApi } from '../api/server.ts';
import { softwareVersion } from '../api/software.ts';
import type { EventLine } from '../api/status.ts';
import type { Ms, NodeId } from '../core/model.ts';
import type { Doc, NodeEvent } from '../core/ports.ts';
import { must } from '../lib/assert.ts';
import { type Result, success } from '../lib/errors.ts';
import { UdpTransport } from '../transports/udp/index.ts';
import { AgentsThread, type AgentsThreadOptions } from './agents-thread.ts';
import { History } from './history.ts';
import { createHost, Replies } from './host.ts';
import { NodeIdentity } from './identity.ts';
import type { Identity } from './identity-file.ts';
import type { Journal } from './journal.ts';
import type { Log } from './log.ts';
import { NodeLoop } from './loop.ts';
import { monotonicMs } from './monotonic.ts';
import { NoAgents } from './no-agents.ts';
import { noOutside } from './no-outside.ts';
import type { DaemonOptions } from './options.ts';
import { createOutside } from './outside.ts';
import { becomeRealTime } from './priority.ts';
import { readPromise } from './promise-note.ts';
import { startRecorder } from './recorder.ts';
import { StallMeter } from './stall.ts';
import { FileStorage, type SavedState } from './storage.ts';

export interface Start {
  readonly options: DaemonOptions;
  readonly self: NodeId;
  readonly doc: Doc;
  readonly saved: SavedState;
  readonly identity: Identity;
  /** False: this node only votes (`sempre witness`), and loads nothing that runs services. */
  readonly drivers: boolean;
  readonly journal: Journal;
  readonly log: Log;
}

export interface Running {
  /** Ends the daemon and leaves the services running. */
  close(): Promise<void>;
}

const tickMsMin = 5;
const tickMsMax = 40;

/** A fifth of the heartbeat, so that a beat goes out on time, within bounds that cost little. */
export const tickMsFor = (intervalMs: Ms): Ms => Math.min(tickMsMax, Math.max(tickMsMin, intervalMs / 5));

const closeLimitMs = 2000;

/** Starts the node; it runs until `close`. */
export async function runNode(start: Start): Promise<Result<Running>> {
  const { options, self, doc, saved, log, journal } = start;
  const nowMs = monotonicMs;
  const replies = new Replies();
  // The ports and the loop know each other: nothing calls back before both are there.
  let loop: NodeLoop | null = null;
  let host: ApiHost | null = null;
  const deliver = (event: NodeEvent): void => must(loop, 'the loop').deliver(event);
  const warn = (line: string): void => log.line('warning', line);
  const identity = new NodeIdentity({
    self,
    stateDirectory: options.stateDirectory,
    identity: start.identity,
    doc: () => must(loop, 'the loop').state.doc,
    isAlive: (node) =>
      must(loop, 'the loop')
        .report()
        .peers.some((peer) => peer.node === node && peer.state !== 'lost'),
    changed: (change) => note(journal.add(change, new Date()), log),
    note: warn,
  });
  const transport = new UdpTransport({
    self,
    ring: start.identity.ring,
    door: identity.door,
    onCertificate: (certified) => identity.certified(certified),
    onMessage: (link, message) => deliver({ kind: 'message', link, message }),
    onAsk: async (from, question) => {
      const answer = await identity.answer(from, question);
      return answer === undefined ? answerPeer(must(host, 'the API'), question) : answer;
    },
    note: warn,
  });
  identity.attach(transport);
  const agentsOptions: AgentsThreadOptions = {
    node: self,
    runDirectory: options.runDirectory,
    clusterNodes: doc.cluster.nodes,
    deliver,
    log: (serviceId, line) => log.line('debug', `${serviceId}: ${line}`),
    ready: () => void prefer(log),
    complain: warn,
  };
  const agents = start.drivers ? new AgentsThread(agentsOptions) : new NoAgents(agentsOptions);
  const outside = start.drivers
    ? createOutside({ options, cluster: doc.cluster, log, nowMs, deliver })
    : noOutside(deliver, nowMs);
  // The drivers' thread was started before this, and so does not have that class while it loads.
  await becomeRealTime('thread');
  const init = {
    self,
    boot: randomBytes(6).readUIntBE(0, 6),
    doc,
    docLost: saved.docLost,
    reserved: saved.reserved,
    ledger: saved.ledger,
    noted: readPromise(options.runDirectory),
  };
  loop = new NodeLoop(init, {
    transport: {
      send: (to, message) => transport.send(to, message),
      configure: (cluster) => {
        transport.configure(cluster);
        agents.configure(cluster.nodes);
        outside.configure(cluster);
      },
    },
    agents,
    storage: new FileStorage({ ...options, deliver, complain: warn }),
    fences: outside.fences,
    pinger: outside.pinger,
    watchdog: outside.watchdog,
    nowMs,
    onChange: (change) => note(journal.add(change, new Date()), log),
    onReply: (requestId, answer) => replies.answer(requestId, answer),
  });
  const history = new History({ stateDirectory: options.stateDirectory, complain: warn });
  history.take(loop.state.doc);
  loop.watch({ before: () => undefined, after: (state) => history.take(state.doc) });
  const software = softwareVersion();
  const recorder = startRecorder({ ...options, self, software, init, loop, complain: warn });
  const stall = new StallMeter();
  const ask = (node: NodeId, question: PeerQuestion, timeoutMs: Ms) => askPeer(transport, node, question, timeoutMs);
  const parts = {
    self,
    software,
    loop,
    journal,
    history,
    stall,
    agents,
    replies,
    nowMs,
    ask,
    packets: () => transport.stats(),
  };
  host = { ...createHost(parts), identity };
  const api = await serveApi(host, join(options.runDirectory, 'sempre.sock'), (bug) =>
    log.line('error', `API: ${bug}`),
  );
  if (!api.ok) {
    transport.close();
    return api;
  }
  log.line('notice', `node ${self} of cluster ${doc.cluster.name} runs, Sempre ${parts.software}`);
  stall.start();
  const theLoop = loop;
  const ticking = tick(theLoop);
  return success({
    close: async () => {
      ticking.end();
      identity.close();
      stall.stop();
      await Promise.race([outside.close(theLoop.state), sleep(closeLimitMs)]);
      await Promise.race([api.value.close(), sleep(closeLimitMs)]);
      transport.close();
      const ends = [agents.close(), journal.flush(), history.flush(), recorder.close()];
      await Promise.race([Promise.all(ends), sleep(closeLimitMs)]);
    },
  });
}

/** Once every thread has loaded its code, so that a starting daemon does not hold up others on this machine. */
async function prefer(log: Log): Promise<void> {
  const why = await becomeRealTime('process');
  if (why !== null) log.line('notice', `without real-time priority: ${why}`);
}

function note(line: EventLine, log: Log): void {
  log.line('info', `${line.what}: ${line.from} => ${line.to} (${line.because})`);
}

async function askPeer(transport: UdpTransport, node: NodeId, question: PeerQuestion, timeoutMs: Ms): Promise<unknown> {
  const asked = await transport.ask(node, question, timeoutMs);
  return asked.ok ? asked.answer : null;
}

/** Dates in rules are about seconds: a smaller step of the date is none. */
const dateStepMs = 250;

/** The next tick is timed after the former one: a loop that was held up ticks once and not many times. */
function tick(loop: NodeLoop): { end(): void } {
  let timer: NodeJS.Timeout;
  let aheadMs = 0;
  const turn = (): void => {
    const nowAheadMs = Math.round(Date.now() - monotonicMs());
    // The date may be set at any time; the two clocks drift apart a little all the time.
    if (Math.abs(nowAheadMs - aheadMs) >= dateStepMs) {
      aheadMs = nowAheadMs;
      loop.deliver({ kind: 'clock', aheadMs });
    }
    loop.deliver({ kind: 'tick' });
    timer = setTimeout(turn, tickMsFor(loop.state.doc.cluster.heartbeat.intervalMs));
  };
  turn();
  return { end: () => clearTimeout(timer) };
}
