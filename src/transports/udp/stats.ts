/** Counters of the transport: what came, what went, what was refused and why. */

/** Why a datagram was thrown away. */
export const refusals = [
  /** No packet of Sempre, or from an address that no peer has. */
  'foreign',
  'short',
  'oversize',
  /** Of another cluster, or sealed with another key. */
  'wrongCluster',
  'unknownSender',
  /** A packet of this node itself that came back. */
  'reflected',
  /** Tampered with, or meant for another node. */
  'badTag',
  'replay',
  /** The first packets of a peer that started anew, or old ones that somebody recorded. */
  'unproven',
  /** Authentic, and no message that this version knows. */
  'malformed',
] as const;

export type Refusal = (typeof refusals)[number];

export interface LinkStats {
  readonly link: number;
  readonly address: string;
  readonly open: boolean;
  readonly sent: number;
  readonly sentBytes: number;
  /** Refused by the kernel, or the socket was not open. */
  readonly sendFailures: number;
  readonly lastSendError: string | null;
  /** Messages that were accepted. */
  readonly received: number;
  /** Everything that arrived, refused or not. */
  readonly receivedBytes: number;
  readonly refused: Readonly<Record<Refusal, number>>;
  /** Thrown away before they came in: no packets of this cluster, or more than there was room for. Null: not known. */
  readonly droppedByKernel: number | null;
}

export interface ChannelStats {
  readonly dialled: number;
  readonly accepted: number;
  readonly messagesSent: number;
  readonly messagesReceived: number;
  /** Messages that were too old or too many to be sent. */
  readonly dropped: number;
  /** Connections that were turned away, cut off or closed, by the reason. */
  readonly ended: Readonly<Record<string, number>>;
}

export interface TransportStats {
  readonly links: readonly LinkStats[];
  readonly channel: ChannelStats;
  /** Messages to nodes that the cluster file does not know. */
  readonly sentToNobody: number;
}

export const noRefusals = (): Record<Refusal, number> =>
  Object.fromEntries(refusals.map((refusal) => [refusal, 0])) as Record<Refusal, number>;
