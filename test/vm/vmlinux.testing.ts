/** Takes the kernel out of its compressed file: QEMU starts the bare one, and unpacking it inside of each guest takes seconds. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const formats = [
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], program: 'xz' },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], program: 'zstd' },
  { magic: [0x1f, 0x8b, 0x08], program: 'gzip' },
] as const;

const elf = Buffer.from([0x7f, 0x45, 0x4c, 0x46]);

export function unpackKernel(packed: string, target: string): void {
  const bytes = readFileSync(packed);
  for (const { magic, program } of formats)
    for (let at = bytes.indexOf(Buffer.from(magic)); at >= 0; at = bytes.indexOf(Buffer.from(magic), at + 1)) {
      // The program complains of what follows; what it gave by then is whole.
      const { stdout } = spawnSync(program, ['-dc'], { input: bytes.subarray(at), maxBuffer: 1 << 28 });
      if (stdout?.subarray(0, 4).equals(elf)) return writeFileSync(target, stdout);
    }
  throw new Error(`no kernel found in ${packed}`);
}
