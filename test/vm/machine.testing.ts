/** One virtual machine of the tests: QEMU without acceleration, driven by two sockets. It dies with the tests. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { compile } from './compile.testing.ts';
import { checkout } from './image.testing.ts';
import { LineSocket } from './line_socket.testing.ts';

export interface MachineOptions {
  /** Addresses with prefix, one for each network; machines of one run share the networks of the same place in the list. */
  readonly addresses?: readonly string[];
  readonly memoryMb?: number;
  readonly devices?: readonly string[];
  /** Of the multicast networks: another one for each test file that runs at the same time. */
  readonly networkPort?: number;
}

/** What QEMU told, with its own time. */
export interface MachineEvent {
  readonly name: string;
  readonly data: Record<string, unknown>;
  readonly atMs: number;
}

export interface Ran {
  readonly code: number;
  readonly output: string;
}

const bootMs = 90_000;
const diskMb = 48;

export class Machine {
  readonly name: string;
  readonly events: MachineEvent[] = [];
  readonly #image: string;
  readonly #folder: string;
  readonly #options: MachineOptions;
  #process: ChildProcess | null = null;
  #commands: LineSocket | null = null;
  #control: LineSocket | null = null;
  #nextId = 1;

  constructor(name: string, image: string, folder: string, options: MachineOptions = {}) {
    this.name = name;
    this.#image = image;
    this.#folder = folder;
    this.#options = options;
  }

  /** Powers it on and waits until it takes commands; how long that took. */
  async boot(): Promise<number> {
    const beginMs = performance.now();
    if (!existsSync(join(this.#folder, 'code'))) compile(join(this.#folder, 'code'));
    if (!existsSync(this.#file('disk'))) makeDisk(this.#file('disk'));
    for (const name of ['control', 'commands']) rmSync(this.#file(name), { force: true });
    const log = openSync(this.#file('qemu.log'), 'w');
    const argv = ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...this.#arguments()];
    this.#process = spawn('setpriv', argv, { stdio: ['ignore', log, log] });
    closeSync(log);
    await this.#connect();
    await this.answers();
    return performance.now() - beginMs;
  }

  /** Until it takes commands again, after a reset. */
  async answers(): Promise<void> {
    const endMs = performance.now() + bootMs;
    // Ever more patiently: what a busy guest did not answer in time it has still to do.
    for (let waitMs = 500; performance.now() < endMs; waitMs *= 1.5) {
      if (this.#process?.exitCode !== null) throw new Error(`${this.name}: ${this.console()}`);
      const ran = await this.run('true', waitMs).catch(() => null);
      if (ran?.code === 0) return;
    }
    throw new Error(`${this.name} does not answer: ${this.console().slice(-1500)}`);
  }

  /** A line of the guest's shell. */
  async run(command: string, timeoutMs = 30_000): Promise<Ran> {
    const id = `c${this.#nextId++}`;
    const line = `${id} ${Buffer.from(command).toString('base64')}`;
    const answer = await this.#commands?.ask(line, (text) => text.startsWith(`${id} `), timeoutMs);
    if (answer === undefined) throw new Error(`${this.name} is off`);
    const [, code = '', output = ''] = answer.split(' ');
    return { code: Number(code), output: Buffer.from(output, 'base64').toString().trim() };
  }

  /** Its output; throws when it fails. */
  async must(command: string, timeoutMs = 30_000): Promise<string> {
    const { code, output } = await this.run(command, timeoutMs);
    if (code !== 0) throw new Error(`${this.name}: ${command}: exit code ${code}: ${output}`);
    return output;
  }

  saw(event: string): MachineEvent | undefined {
    return this.events.find(({ name }) => name === event);
  }

  /** Pulls a cable, or puts it in again. */
  async link(index: number, up: boolean): Promise<void> {
    await this.#ask({ execute: 'set_link', arguments: { name: `nic${index}`, up } });
  }

  async off(): Promise<void> {
    this.#process?.kill('SIGKILL');
    while (this.#process !== null && this.#process.exitCode === null && this.#process.signalCode === null)
      await sleep(10);
    this.#commands?.close();
    this.#control?.close();
  }

  console(): string {
    const read = (name: string): string =>
      existsSync(this.#file(name)) ? readFileSync(this.#file(name), 'latin1') : '';
    return read('qemu.log') + read('console');
  }

  #file(name: string): string {
    return join(this.#folder, `${this.name}.${name}`);
  }

  async #connect(): Promise<void> {
    this.#control = await LineSocket.open(this.#file('control'), (line) => this.#hear(line));
    await this.#ask({ execute: 'qmp_capabilities' });
    this.#commands = await LineSocket.open(this.#file('commands'), () => undefined);
  }

  #ask(request: object): Promise<string> {
    const answered = (text: string): boolean => text.includes('"return"') || text.includes('"error"');
    if (this.#control === null) throw new Error(`${this.name} is off`);
    return this.#control.ask(JSON.stringify(request), answered, 10_000);
  }

  #hear(line: string): void {
    const { event, data } = JSON.parse(line) as { event?: string; data?: Record<string, unknown> };
    if (event !== undefined) this.events.push({ name: event, data: data ?? {}, atMs: performance.now() });
  }

  #arguments(): string[] {
    const { addresses = [], memoryMb = 320, devices = [], networkPort = 23_450 } = this.#options;
    const options = [
      ['-accel', 'tcg,thread=multi,tb-size=128'],
      ['-machine', 'q35,usb=off,vmport=off', '-cpu', 'Nehalem', '-m', String(memoryMb)],
      ['-display', 'none', '-no-user-config', '-nodefaults', '-action', 'watchdog=reset'],
      ['-kernel', join(this.#image, 'vmlinux'), '-initrd', join(this.#image, 'initrd')],
      ['-append', this.#commandLine(addresses)],
      ['-serial', `file:${this.#file('console')}`],
      ['-qmp', `unix:${this.#file('control')},server=on,wait=off`],
      ['-drive', `if=none,id=disk,file=${this.#file('disk')},format=raw,cache=unsafe`],
      ['-device', 'virtio-blk-pci,drive=disk'],
      ['-device', 'virtio-serial-pci', '-chardev', `socket,id=c,path=${this.#file('commands')},server=on,wait=off`],
      ['-device', 'virtserialport,chardev=c,name=commands', '-device', 'virtio-rng-pci'],
      ['-fsdev', `local,id=src,path=${checkout},security_model=none,readonly=on`],
      ['-device', 'virtio-9p-pci,fsdev=src,mount_tag=src'],
      ['-fsdev', `local,id=code,path=${join(this.#folder, 'code')},security_model=none,readonly=on`],
      ['-device', 'virtio-9p-pci,fsdev=code,mount_tag=code'],
      ...addresses.map((address, i) => this.#network(i, address, networkPort)),
      ...devices.map((device) => ['-device', device]),
    ];
    return options.flat();
  }

  /** The time of a guest without acceleration goes wrong when it is taken from the processor. */
  #commandLine(addresses: readonly string[]): string {
    const words = ['console=ttyS0 quiet panic=1 mitigations=off clocksource=hpet tsc=unstable net.ifnames=0'];
    const places = addresses.map((address, i) => `vm.address=eth${i}@${address}`);
    return [...words, `vm.name=${this.name}`, ...places].join(' ');
  }

  #network(index: number, address: string, port: number): string[] {
    const last = (address.split('/')[0] ?? '').split('.').at(-1) ?? '1';
    const mac = `52:54:00:00:0${index}:${Number(last).toString(16).padStart(2, '0')}`;
    return [
      '-netdev',
      `socket,id=n${index},mcast=230.0.0.${index + 1}:${port + index},localaddr=127.0.0.1`,
      '-device',
      `virtio-net-pci,id=nic${index},netdev=n${index},mac=${mac}`,
    ];
  }
}

function makeDisk(path: string): void {
  const made = spawnSync('/sbin/mke2fs', ['-q', '-t', 'ext4', path, `${diskMb}M`], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`mke2fs: ${made.stderr}`);
}
