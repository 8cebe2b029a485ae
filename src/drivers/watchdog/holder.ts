/** Which process holds a device, for a message that says what to do. Only root sees other users' processes. */
import { readdir, readFile, stat } from 'node:fs/promises';

/** `systemd (process 1)`; null: nobody that we can see. */
export async function holderOf(deviceNumber: number): Promise<string | null> {
  for (const pid of await entries('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid || !(await holds(pid, deviceNumber))) continue;
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
    return `${name.trim() || 'a process'} (process ${pid})`;
  }
  return null;
}

async function holds(pid: string, deviceNumber: number): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  for (const fd of await entries(folder)) {
    const seen = await stat(`${folder}/${fd}`).catch(() => null);
    if (seen?.isCharacterDevice() === true && seen.rdev === deviceNumber) return true;
  }
  return false;
}

const entries = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);
