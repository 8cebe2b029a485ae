/**
 * The same faults on the same kind of hosts under other programs, measured earlier and not in this run: a power cut of the
 * active host and an orderly move of its address, as a client sees it that asks every 10 ms. Medians of three to five runs.
 */
export interface PeerFigure {
  readonly name: string;
  readonly powerOffMs: number;
  readonly moveMs: number;
}

export const peerFigures: readonly PeerFigure[] = [
  { name: 'Keepalived 2.2.7, defaults (advert_int 1)', powerOffMs: 3201, moveMs: 620 },
  { name: 'Keepalived 2.2.7, advert_int 0.1', powerOffMs: 331, moveMs: 79 },
  { name: 'Heartbeat 3.0.6, keepalive 2, deadtime 10', powerOffMs: 9834, moveMs: 590 },
  { name: 'Heartbeat 3.0.6, keepalive 200ms, deadtime 1', powerOffMs: 1340, moveMs: 390 },
  { name: 'Corosync 3.1.7 + Pacemaker 2.1.5, defaults', powerOffMs: 7630, moveMs: 113 },
  { name: 'Corosync 3.1.7 + Pacemaker 2.1.5, token 300', powerOffMs: 1811, moveMs: 100 },
];
