/** Exit codes: what a script learns from a command without reading its words. The list is part of the manual. */
import type { ErrorCode } from './errors.ts';

export const exit = {
  ok: 0,
  /** `plan`: actions are pending. Elsewhere: it failed and no other code fits. */
  failed: 1,
  /** Done, but not on every node, or not as wanted. */
  partly: 2,
  usage: 64,
  badData: 65,
  unreachable: 69,
  ourBug: 70,
  tryAgain: 75,
  notPermitted: 77,
  configInvalid: 78,
  noSuchObject: 105,
  quorumRequired: 106,
  unsafe: 107,
  timedOut: 124,
} as const;

/** The codes of Nagios plugins, for `sempre health` alone. */
export const nagios = { ok: 0, warning: 1, critical: 2, unknown: 3 } as const;

const byError: Readonly<Record<ErrorCode, number>> = {
  USAGE: exit.usage,
  NOT_CONFIRMED: exit.usage,
  BAD_REQUEST: exit.badData,
  TOO_LARGE: exit.badData,
  NO_SUCH_ROUTE: exit.failed,
  NO_SUCH_OBJECT: exit.noSuchObject,
  FILE_UNREADABLE: exit.badData,
  CONFIG_INVALID: exit.configInvalid,
  CONFIG_MISSING: exit.configInvalid,
  KEY_INVALID: exit.configInvalid,
  KEY_PERMISSIONS: exit.notPermitted,
  TOKEN_INVALID: exit.notPermitted,
  ALREADY_THERE: exit.failed,
  NOT_IN_CLUSTER: exit.configInvalid,
  ALREADY_RUNNING: exit.failed,
  CANNOT_LISTEN: exit.unreachable,
  STATE_UNUSABLE: exit.failed,
  DAEMON_UNREACHABLE: exit.unreachable,
  NOT_PERMITTED: exit.notPermitted,
  NO_QUORUM: exit.quorumRequired,
  CONFLICT: exit.tryAgain,
  UNSAFE: exit.unsafe,
  TIMED_OUT: exit.timedOut,
  BUSY: exit.tryAgain,
  UNSUPPORTED: exit.failed,
  INTERNAL: exit.ourBug,
};

export const exitFor = (code: ErrorCode): number => byError[code];
