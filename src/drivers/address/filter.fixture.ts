/** What the kernel does with a classic BPF program of ours, for tests: loads, equality jumps and returns. */
import { endianness } from 'node:os';

/** Bytes of the frame that the program lets through; 0: none. */
export function runFilter(program: Uint8Array, frame: Uint8Array): number {
  const little = endianness() === 'LE';
  const code = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const data = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  let accumulator = 0;
  for (let at = 0; ; at += 1) {
    if (at * 8 + 8 > program.length) throw new Error(`the program jumps beyond its end, to ${at}`);
    const k = code.getUint32(at * 8 + 4, little);
    switch (code.getUint16(at * 8, little)) {
      case 0x20:
        if (k + 4 > frame.length) return 0;
        accumulator = data.getUint32(k);
        break;
      case 0x30:
        if (k >= frame.length) return 0;
        accumulator = data.getUint8(k);
        break;
      case 0x15:
        at += accumulator === k ? code.getUint8(at * 8 + 2) : code.getUint8(at * 8 + 3);
        break;
      case 0x06:
        return k;
      default:
        throw new Error(`unknown instruction at ${at}`);
    }
  }
}
