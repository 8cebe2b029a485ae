/** Reading and joining bytes of network frames. */

/** The parts one after the other. */
export function join(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

export const uint16 = (value: number): number[] => [(value >> 8) & 0xff, value & 0xff];

/** Whether `frame` holds `bytes` at `at`; false when it is too short. */
export function holds(frame: Uint8Array, at: number, bytes: Uint8Array | readonly number[]): boolean {
  return at + bytes.length <= frame.length && [...bytes].every((byte, i) => frame[at + i] === byte);
}
