/** The files of Heartbeat 1, read into plain values with their places: ha.cf, haresources, authkeys. */
export { type AuthKey, type AuthKeys, readAuthKeys } from './authKeys.ts';
export {
  type Directive,
  type HaCf,
  type HeartbeatLink,
  type PingTarget,
  type Respawned,
  readHaCf,
  type StonithDevice,
} from './haCf.ts';
export { type HaResources, type HeartbeatResource, type ResourceLine, readHaResources } from './haResources.ts';
export type { Placed } from './heartbeatLines.ts';
