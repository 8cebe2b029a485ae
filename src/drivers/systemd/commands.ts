/** Which `systemctl` calls the driver makes, and what it writes for systemd to read. */
type Argv = readonly [string, ...string[]];

export const showUnit = (unit: string): Argv => [
  'systemctl',
  'show',
  '--property=LoadState,ActiveState,SubState,Result',
  '--',
  unit,
];
export const startUnit = (unit: string): Argv => ['systemctl', '--no-ask-password', 'start', '--', unit];
export const stopUnit = (unit: string): Argv => ['systemctl', '--no-ask-password', 'stop', '--', unit];
export const reloadSystemd: Argv = ['systemctl', '--no-ask-password', 'daemon-reload'];

const suffixForm = /\.(service|socket|target|mount|automount|swap|timer|path|slice|scope|device)$/;
/** Something before the suffix, and nothing that `systemctl` would take for an option or a path. */
const unitForm = /^[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]*\.[a-z]+$/;
const unitCharsMax = 255;

/** The unit's full name as systemd completes it; null when it is no name of a unit. */
export function unitName(written: string): string | null {
  const name = suffixForm.test(written) ? written : `${written}.service`;
  return unitForm.test(name) && name.length <= unitCharsMax ? name : null;
}

/** Where the drop-in of a unit lies below `/run/systemd/system`; only services take one. */
export const dropInPath = (unit: string): string | null =>
  unit.endsWith('.service') ? `${unit}.d/50-sempre.conf` : null;

const digestMark = '# definition ';

/** While the cluster runs the unit, systemd must not start it again by itself: it may have to run elsewhere. */
export const dropIn = (digest: string): string =>
  [
    '# Written by Sempre, which runs this unit as a service of its cluster; removed when it is stopped.',
    `${digestMark}${digest.replaceAll(/[^A-Za-z0-9:_-]/g, '')}`,
    '[Service]',
    'Restart=no',
    '',
  ].join('\n');

/** The definition that a drop-in was written for. */
export function digestIn(text: string): string | null {
  const line = text.split('\n').find((candidate) => candidate.startsWith(digestMark));
  return line === undefined ? null : line.slice(digestMark.length);
}
