/** One lab as a table: its nodes, whether they are on, and their cables. Pure. */
import type { LabStatus } from '../../lab/commands.ts';
import { section } from './table.ts';
import { type Look, mark, type Tone } from './terminal.ts';

export function renderLab(lab: LabStatus, look: Look): string {
  const state = lab.up ? 'up' : 'dead (sempre lab down sweeps it away)';
  const links = Math.max(0, ...lab.hosts.map((host) => host.links.length));
  const heads = ['NODE', 'POWER', ...Array.from({ length: links }, (_, index) => `LINK ${index}`)];
  const rows = lab.hosts.map((host) => [
    host.name,
    { text: `${mark(look, toneOf(host.power))} ${host.power}`, tone: toneOf(host.power) },
    ...host.links.map((link) => ({ text: `${link.address} ${link.state}`, tone: toneOf(link.state) })),
  ]);
  return `lab ${lab.name}, ${state}, since ${lab.startedAt.slice(0, 19)}Z, from ${lab.file}\n\n${section(look, 'Nodes', heads, rows)}`;
}

const toneOf = (state: string): Tone =>
  state === 'on' || state === 'connected' ? 'good' : state === 'cut' ? 'bad' : 'dim';
