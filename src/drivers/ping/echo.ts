/** ICMP echo requests and answers as bytes, for IPv4 and IPv6. Pure. */

export type Family = 4 | 6;

const requestType = { 4: 8, 6: 128 } as const;
const answerType = { 4: 0, 6: 129 } as const;
const headerBytes = 8;
/** Answers are known by what we put in: the kernel may change the identifier of an unprivileged socket. */
export const tokenBytes = 16;

/** The kernel fills in the checksum where it owns it (IPv6, unprivileged sockets); it is right in any case for IPv4. */
export function echoRequest(family: Family, sequence: number, token: Uint8Array): Uint8Array {
  const packet = new Uint8Array(headerBytes + token.length);
  const view = new DataView(packet.buffer);
  view.setUint8(0, requestType[family]);
  view.setUint16(4, 0x5345);
  view.setUint16(6, sequence & 0xffff);
  packet.set(token, headerBytes);
  if (family === 4) view.setUint16(2, checksum(packet));
  return packet;
}

/** Whether these bytes, as the socket gave them, are the answer to a request with this token. */
export function isAnswer(family: Family, received: Uint8Array, token: Uint8Array): boolean {
  const message = family === 4 ? withoutIpHeader(received) : received;
  if (message.length < headerBytes + token.length || message[0] !== answerType[family]) return false;
  return Buffer.compare(message.subarray(headerBytes, headerBytes + token.length), token) === 0;
}

/** Raw IPv4 sockets give the whole packet, unprivileged ones only its content; an ICMP answer never begins with a 4. */
function withoutIpHeader(received: Uint8Array): Uint8Array {
  const first = received[0] ?? 0;
  return first >> 4 === 4 ? received.subarray((first & 0xf) * 4) : received;
}

/** The Internet checksum of RFC 1071. */
export function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
