/**
 * Which cluster file the demo brings up on this machine, and what takes the place of engines that are not there. Pure but
 * for looking for programs.
 */
import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import type { Cluster } from '../../src/core/model.ts';
import { toolEnv } from '../run.ts';

export interface Engines {
  readonly haproxy: boolean;
  /** Apache, and the OCF agent that runs it. */
  readonly apache: boolean;
}

export function enginesHere(): Engines {
  const agent = existsSync('/usr/lib/ocf/resource.d/heartbeat/apache') && (hasProgram('curl') || hasProgram('wget'));
  return { haproxy: hasProgram('haproxy'), apache: agent && hasProgram('apache2') };
}

function hasProgram(name: string): boolean {
  return (toolEnv.PATH ?? '').split(':').some((folder) => isExecutable(join(folder, name)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The file with embedded parts in the place of missing engines, and a sentence on each. */
export function withReplacements(
  source: string,
  cluster: Cluster,
  engines: Engines,
  server: readonly string[],
): { source: string; remarks: string[] } {
  const document = parseDocument(source);
  const remarks: string[] = [];
  for (const service of cluster.services) {
    const { kind } = service.resource;
    if (kind === 'balance' && service.resource.engine === 'haproxy' && !engines.haproxy) {
      document.setIn(['services', service.id, 'balance', 'engine'], 'proxy');
      document.deleteIn(['services', service.id, 'balance', 'stats']);
      remarks.push(`HAProxy is not installed: the proxy built into Sempre takes its place as ${service.id}`);
    }
    if (kind === 'ocf' && service.resource.type === 'apache' && !engines.apache) {
      document.deleteIn(['services', service.id, 'agent']);
      document.deleteIn(['services', service.id, 'params']);
      document.setIn(['services', service.id, 'command'], commandLine(cluster, server));
      remarks.push(`Apache, its agent or curl is not installed: a small web server takes its place as ${service.id}`);
    }
  }
  return { source: remarks.length === 0 ? source : document.toString(), remarks };
}

/** The shell puts in which node it is: all copies of a clone have the same command. */
function commandLine(cluster: Cluster, server: readonly string[]): string {
  const places = cluster.nodes.map((node) => `${node.id}=0.0.0.0:80`);
  return ['exec', ...server.map(quoted), '"$SEMPRE_NODE"', ...places].join(' ');
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
