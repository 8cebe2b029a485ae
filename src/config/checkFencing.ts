/** Fence devices: that they exist, that each is used on its own nodes, and that no secret stands in the file. */
import type { Checked } from './check.ts';
import type { FenceDeviceFile } from './fencingSchema.ts';
import { listed } from './groups.ts';
import { nodeForm } from './normalise.ts';
import { atKey, atValue, type Path } from './places.ts';
import { nodesOfDevice } from './quorumOf.ts';
import type { Report } from './report.ts';
import { quote } from './show.ts';
import { didYouMean } from './suggest.ts';

export function checkFencing(checked: Checked, report: Report): void {
  const { file } = checked;
  const devices = new Map(Object.entries(file.fencing?.devices ?? {}));
  for (const [id, device] of devices) {
    const path = ['fencing', 'devices', id];
    checkNodes(device, path, checked, report);
    checkParams(device, path, report);
  }
  if (file.fencing === null) return;
  for (const [id, node] of file.nodes) {
    const levels = node === null ? undefined : nodeForm(node).fence;
    if (levels !== undefined) checkLevels(id, levels, devices, report);
  }
  checkUsed(devices, checked, report);
}

function checkNodes(device: FenceDeviceFile, path: Path, { file }: Checked, report: Report): void {
  if (!file.nodesKnown) return;
  const known = [...file.nodes.keys()];
  listed(device.for).forEach((node, index) => {
    if (known.includes(node)) return;
    report.error(
      'UNKNOWN_NODE',
      atValue(...path, 'for', index),
      `there is no node ${quote(node)}`,
      didYouMean(node, known),
    );
  });
  for (const node of Object.keys(device.plugs ?? {})) {
    if (known.includes(node)) continue;
    report.error(
      'UNKNOWN_NODE',
      atKey(...path, 'plugs', node),
      `there is no node ${quote(node)}`,
      didYouMean(node, known),
    );
  }
}

/** What every call gets from the cluster: said here too, it would switch another machine than the one that is meant. */
const givenByUs = new Set(['action', 'option', 'o', 'plug', 'port', 'n', 'nodename']);
const isSecret = /passw|secret|token|community|api_?key/i;
/** They name a file or a program, not the secret itself. */
const isPlace = /_(file|script|path)$/i;

function checkParams(device: FenceDeviceFile, path: Path, report: Report): void {
  for (const [key, value] of Object.entries(device.params ?? {})) {
    if (givenByUs.has(key)) {
      const hint = key === 'action' || key === 'option' || key === 'o' ? 'leave it away' : 'write plugs: {NODE: PLUG}';
      report.error(
        'FENCE_PARAM',
        atKey(...path, 'params', key),
        `${quote(key)} is given to the agent with each call`,
        hint,
      );
    } else if (
      isSecret.test(key) &&
      !isPlace.test(key) &&
      typeof value !== 'boolean' &&
      !String(value).startsWith('file:')
    ) {
      const message = `${quote(key)} stands in the file, which every node keeps and everybody who may see the status can read`;
      const hint = `put it into a file that only root can read, and say ${key}: file:/etc/sempre/secrets/NAME`;
      report.warning('FENCE_PASSWORD', atValue(...path, 'params', key), message, hint);
    }
  }
}

function checkLevels(
  node: string,
  levels: readonly (readonly string[])[],
  devices: ReadonlyMap<string, FenceDeviceFile>,
  report: Report,
): void {
  const seen = new Set<string>();
  levels.forEach((level, index) => {
    level.forEach((id, place) => {
      const spot = atValue('nodes', node, 'fence', index, place);
      const device = devices.get(id);
      const nodes = device === undefined ? [] : nodesOfDevice(device);
      if (device === undefined) {
        report.error('UNKNOWN_DEVICE', spot, `there is no fence device ${quote(id)}`, didYouMean(id, devices.keys()));
      } else if (nodes.length > 0 && !nodes.includes(node)) {
        const message = `${quote(id)} is for ${nodes.map(quote).join(', ')}: it would switch off another machine than ${quote(node)}`;
        report.error('FENCE_OTHER_NODE', spot, message, `name ${node} in its «for» or «plugs» if it can switch it`);
      } else if (seen.has(id)) {
        const message = `${quote(id)} was tried already when this level is reached: a broken device fails twice`;
        report.warning('FENCE_TWICE', spot, message);
      }
      seen.add(id);
    });
  });
}

/** A device that nobody names is a misspelt one, or one that somebody believes in. */
function checkUsed(devices: ReadonlyMap<string, FenceDeviceFile>, { cluster, file }: Checked, report: Report): void {
  if (!file.nodesKnown || [...file.nodes.values()].includes(null)) return;
  const used = new Set(cluster.nodes.flatMap(({ fence }) => fence.flat()));
  for (const id of devices.keys()) {
    if (used.has(id)) continue;
    const message = `${quote(id)} switches no node off: none names it, and it names none`;
    report.warning('FENCE_UNUSED', atKey('fencing', 'devices', id), message, 'say for: NODE, or plugs: {NODE: PLUG}');
  }
}
