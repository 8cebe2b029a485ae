/** What Node cannot tell the kernel about a socket, through koffi: a filter, and how many packets it threw away. */

export interface SocketOptions {
  /** Null: done; otherwise why not. Takes the place of a former filter in one step. */
  attachFilter(fd: number, program: Buffer): string | null;
  /** Packets that the filter refused or that found no room; null: not told. */
  dropsOf(fd: number): number | null;
}

const levelSocket = 1;
const attach = 26;
const memoryInfo = 55;
const memoryInfoWords = 9;
const dropsWord = 8;
const instructionBytes = 8;

let loading: Promise<SocketOptions | string> | null = null;

/** Loads koffi and libc once; a text says why that cannot be had on this machine. */
export function loadSocketOptions(): Promise<SocketOptions | string> {
  loading ??= load().catch((error: unknown) => `koffi cannot be used: ${String(error)}`);
  return loading;
}

type Call = (...args: readonly unknown[]) => number;

async function load(): Promise<SocketOptions> {
  const koffi = (await import('koffi')).default;
  const libc = koffi.load('libc.so.6');
  // Without a name: another module has one of the same form.
  const program = koffi.struct({ count: 'uint16_t', instructions: 'const void *' });
  const signature = ['int', 'int', 'int', koffi.pointer(program), 'uint32_t'];
  const set = libc.func('setsockopt', 'int', signature) as unknown as Call;
  const get = libc.func(
    'int getsockopt(int fd, int level, int option, _Out_ void *value, _Inout_ uint32_t *bytes)',
  ) as unknown as Call;
  return {
    attachFilter: (fd, instructions) => {
      const value = { count: instructions.length / instructionBytes, instructions };
      return set(fd, levelSocket, attach, value, koffi.sizeof(program)) === 0
        ? null
        : `setsockopt failed with error ${koffi.errno()}`;
    },
    dropsOf: (fd) => {
      const words = Buffer.alloc(memoryInfoWords * 4);
      const failed = get(fd, levelSocket, memoryInfo, words, [words.length]) !== 0;
      return failed ? null : words.readUInt32LE(dropsWord * 4);
    },
  };
}
