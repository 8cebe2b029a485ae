/** Bounds and deadlines of the reliable channel, in one place because they depend on each other. */

/** A frame with everything in it; a document with its cluster file is far smaller. */
export const frameBytesMax = 4 * 1024 * 1024;

/** From the connection to the end of the handshake. Whoever is slower is cut off. */
export const handshakeMs = 2000;
/** A connection that does not move for so long is left, when the peer is heard on another link. */
export const stallMs = 1000;
/** ... and after this long even when it is not. */
export const stallMsMax = 5000;
/** A quiet connection is asked whether it still works. */
export const pingEveryMs = 2000;
/** An accepted connection without any byte for so long is dead: pings come more often. */
export const silentMs = 15_000;
/** A frame that takes longer than this from its first byte to its last. */
export const frameMs = 30_000;

/** One-way messages wait no longer for a connection: whoever sent them says newer things by now. */
export const messageAgeMsMax = 5000;
export const parcelsMax = 256;
export const parcelBytesMax = 8 * 1024 * 1024;
/** Frames that the peer has not acknowledged. */
export const flyingMax = 1024;
/** Bytes handed to the kernel before the next parcel waits. */
export const writeAheadBytes = 1024 * 1024;

export const questionsMax = 64;
export const answersKept = 64;
export const answerBytesKept = 4 * 1024 * 1024;

/** A peer dials one connection; more are leftovers of links that failed. As many again may be in their handshake. */
export const connectionsPerPeerMax = 4;
export const connectionsMax = 1024;

export const redialMsMin = 50;
export const redialMsMax = 2000;

/** Handshakes cost a millisecond of the thread that beats: so many at once from one address, and then so many a second. */
export const handshakesAtOnce = 20;
export const handshakesPerSecond = 5;
/** While a new machine is awaited: from all addresses together that no peer has. */
export const strangersAtOnce = 40;
export const strangersPerSecond = 10;
/** Addresses whose handshakes are counted; beyond it the one that was quiet for longest is forgotten. */
export const ratesMax = 256;
