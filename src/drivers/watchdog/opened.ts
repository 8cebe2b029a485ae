/** A watchdog that was opened, and so counts: what the port needs of it, whatever it is. */

export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly because: string };

export interface OpenedWatchdog {
  /** What it calls itself. */
  readonly identity: string;
  /** It cannot be stopped any more, whatever `disarm` tries. */
  readonly noWayOut: boolean;
  /** Sets the timeout and answers with the one that the device reports then. */
  setTimeoutMs(timeoutMs: number): Promise<Answer<number>>;
  /** Null, or why it could not be fed. Returns at once. */
  feed(): string | null;
  /** Stops it and lets go of it. False: it counts on; it is still open and wants to be fed. */
  disarm(): Promise<boolean>;
  /** Lets go of it while it counts on: whoever opens it next has to feed it in time. */
  abandon(): void;
}

/** `soon`: it may work later without a change of the cluster file. */
export type Opening =
  | { readonly ok: true; readonly watchdog: OpenedWatchdog }
  | { readonly ok: false; readonly because: string; readonly soon: boolean };
