/**
 * Every failure that a user can meet has a code here, in one list, with a sentence on what it means.
 * The message that goes with it says what failed, where and why; `next` is the one command to try.
 */
export const errorCodes = {
  USAGE: 'The command line or the request is not one that exists',
  NOT_CONFIRMED: 'A command that interrupts a service was neither confirmed nor given --yes',
  BAD_REQUEST: 'The data of a request could not be understood',
  TOO_LARGE: 'The data of a request is larger than the daemon takes',
  NO_SUCH_ROUTE: 'The daemon has no such address in its API',
  NO_SUCH_OBJECT: 'There is no node or service of that name',
  FILE_UNREADABLE: 'A file could not be read',
  CONFIG_INVALID: 'The cluster file has mistakes',
  CONFIG_MISSING: 'There is neither a cluster file nor a saved state to start from',
  KEY_INVALID: 'The cluster key is missing or cannot be used',
  KEY_PERMISSIONS: 'The cluster key can be read by others than its owner',
  TOKEN_INVALID: 'A token to join with is damaged, wrong, used already, or its time is over',
  ALREADY_THERE: 'Something would be overwritten that cannot be made again',
  NOT_IN_CLUSTER: 'This machine is not a node of the cluster file',
  ALREADY_RUNNING: 'Another daemon serves this run directory',
  CANNOT_LISTEN: 'An address or socket that the daemon needs could not be opened',
  STATE_UNUSABLE: 'The state directory cannot be written',
  DAEMON_UNREACHABLE: 'No daemon answers on the socket',
  NOT_PERMITTED: 'The user may not use the socket of the daemon',
  NO_QUORUM: 'This side of the cluster has no majority of votes',
  CONFLICT: 'Somebody else changed the cluster in the meantime',
  UNSAFE: 'The cluster refuses because data could be damaged',
  TIMED_OUT: 'It was not finished in the given time; it may still happen',
  BUSY: 'Too many requests are under way',
  UNSUPPORTED: 'This version or machine does not offer that',
  INTERNAL: 'A mistake in Sempre itself',
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** What failed, where and why, in one or two sentences; and what to do next, mostly one command. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly next: string | null;
}

export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

export const success = <T>(value: T): Result<T> => ({ ok: true, value });

export const failure = (
  code: ErrorCode,
  message: string,
  next: string | null = null,
): { ok: false; failure: Failure } => ({ ok: false, failure: { code, message, next } });

export const isErrorCode = (text: unknown): text is ErrorCode =>
  typeof text === 'string' && Object.hasOwn(errorCodes, text);
