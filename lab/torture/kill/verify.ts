/** Is everything there that was acknowledged, on every node, and do the nodes' histories tell one story? */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '../../../src/api/client.ts';
import type { HistoryEntry } from '../../../src/api/history.ts';
import type { Admin, Version } from '../../../src/core/ports.ts';
import { compareVersions, showVersion } from '../../../src/core/state.ts';
import { readSealed, type Unsealed } from '../../../src/daemon/sealed-file.ts';
import { monotonicMs, sleep } from '../../clock.ts';
import { labSocket } from '../../commands.ts';
import { changeIn } from '../cluster-file.ts';
import { onDisk, type Stage, statusFrom } from '../stage.ts';
import type { Ledger } from './changes.ts';

interface Content {
  readonly version: Version;
  readonly source: string;
  readonly admin: Admin;
}

/** Waits until all nodes act in one view and hold the same; sentences on what is wrong then. */
export async function verify(stage: Stage, ledger: Ledger, boundMs: number): Promise<string[]> {
  const contents = await untilSame(stage, boundMs);
  if (typeof contents === 'string') return [...ledger.problems, contents];
  const problems = contents.flatMap((content, index) => lostOn(stage.nodes[index] ?? '', content, ledger));
  return [...ledger.problems, ...problems, ...(await historyProblems(stage, ledger))];
}

const pollMs = 100;

async function untilSame(stage: Stage, boundMs: number): Promise<readonly Content[] | string> {
  let trouble = 'nobody answers';
  for (const endMs = monotonicMs() + boundMs; monotonicMs() < endMs; await sleep(pollMs)) {
    const said = await Promise.all(stage.nodes.map((node) => statusFrom(stage, node)));
    const whole = said.every((status) => status?.quorum === true && status.view?.members.length === stage.nodes.length);
    const contents = await Promise.all(stage.nodes.map((node) => contentOf(stage, node)));
    const known = contents.filter((content) => content !== null);
    const versions = new Set(known.map(({ version }) => showVersion(version)));
    if (whole && known.length === stage.nodes.length && versions.size === 1) return known;
    trouble = `${boundMs / 1000} s after the last kill ${whole ? '' : 'not all nodes act together, and '}they hold versions ${[...versions].join(', ')}`;
  }
  return trouble;
}

async function contentOf({ lab }: Stage, node: string): Promise<Content | null> {
  const socket = labSocket(lab, node);
  if (socket === null) return null;
  const answer = await connect(socket).call<Content>({ method: 'GET', path: '/v1/cluster', timeoutMs: 3000 });
  return answer.ok ? answer.value : null;
}

function lostOn(node: string, { version, source, admin }: Content, { made }: Ledger): string[] {
  const problems: string[] = [];
  for (const [name, { count, version: acknowledged }] of made) {
    const standby = /^standby of (\S+)$/.exec(name)?.[1];
    const there =
      standby === undefined ? changeIn(source) === count : Object.hasOwn(admin.standby, standby) === (count % 2 === 1);
    if (!there)
      problems.push(
        `${node} has lost change ${count} of ${name}, acknowledged as version ${showVersion(acknowledged)}`,
      );
    if (compareVersions(version, acknowledged) < 0)
      problems.push(
        `${node} holds version ${showVersion(version)}, older than ${showVersion(acknowledged)} of ${name}`,
      );
  }
  return problems;
}

/** One version is one content, wherever it is remembered, and what was acknowledged was not taken back. */
async function historyProblems(stage: Stage, { acknowledged }: Ledger): Promise<string[]> {
  const problems: string[] = [];
  const known = new Map<string, { node: string; text: string }>();
  const promised = new Set(acknowledged.map(showVersion));
  for (const node of stage.nodes)
    for (const { name, unsealed } of await entriesOf(stage, node)) {
      if (unsealed.state === 'bad') problems.push(`${node}: ${name} of its history is damaged: ${unsealed.because}`);
      // The oldest ones go while we look.
      if (unsealed.state !== 'read') continue;
      const { version, source, admin, withdrawn } = unsealed.data as HistoryEntry;
      const shown = showVersion(version);
      if (withdrawn && promised.has(shown)) problems.push(`${node} took back version ${shown}, which was acknowledged`);
      if (withdrawn) continue;
      const text = JSON.stringify([source, admin]);
      const other = known.get(shown);
      if (other !== undefined && other.text !== text)
        problems.push(`${node} remembers another version ${shown} than ${other.node}`);
      known.set(shown, { node, text });
    }
  return problems;
}

function entriesOf(stage: Stage, node: string): Promise<{ name: string; unsealed: Unsealed }[]> {
  const folder = join(onDisk(stage, node, '/var/lib/sempre'), 'history');
  const names = readdirSync(folder).filter((name) => /^\d+\.\d+\.json$/.test(name));
  return Promise.all(names.map(async (name) => ({ name, unsealed: await readSealed(join(folder, name)) })));
}
