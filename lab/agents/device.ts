/** What the agents switch: hosts of a lab, or words in a file. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { FenceAnswer, FenceRequest } from '../keeper/fence.ts';

export interface Device {
  power(plug: string): Promise<'on' | 'off'>;
  set(plug: string, power: 'on' | 'off'): Promise<void>;
  list(): Promise<readonly string[]>;
}

/** Throws what the keeper says. */
export function labDevice(socket: string): Device {
  return {
    power: async (node) => ((await ask(socket, { action: 'status', node })).power === 'on' ? 'on' : 'off'),
    set: async (node, power) => {
      await ask(socket, { action: power, node });
    },
    list: async () => (await ask(socket, { action: 'list', node: '' })).nodes,
  };
}

function ask(path: string, request: FenceRequest): Promise<Extract<FenceAnswer, { ok: true }>> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => socket.write(`${JSON.stringify(request)}\n`));
    let said = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    socket.once('error', (error) => reject(new Error(`the lab's keeper does not answer: ${error.message}`)));
    socket.once('close', () => {
      const answer = answerIn(said);
      if (answer.ok) resolve(answer);
      else reject(new Error(answer.because));
    });
  });
}

function answerIn(said: string): FenceAnswer {
  try {
    return JSON.parse(said) as FenceAnswer;
  } catch {
    return { ok: false, because: "the lab's keeper gave no answer" };
  }
}

/** Plugs are on until they are switched off. */
export function dummyDevice(file: string): Device {
  const read = (): Record<string, 'on' | 'off'> =>
    existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, 'on' | 'off'>) : {};
  return {
    power: async (plug) => read()[plug] ?? 'on',
    set: async (plug, power) => {
      writeFileSync(`${file}.${process.pid}`, JSON.stringify({ ...read(), [plug]: power }));
      renameSync(`${file}.${process.pid}`, file);
    },
    list: async () => Object.keys(read()),
  };
}
