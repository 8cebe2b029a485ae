/** What `systemctl show` says of a unit, in the words of the cluster. */

export interface UnitState {
  readonly load: string;
  readonly active: string;
  readonly sub: string;
  /** Why it ended last: `success`, `exit-code`, `signal`, `timeout`, `oom-kill`, ...; empty for units without processes. */
  readonly result: string;
}

export function parseShow(text: string): UnitState | null {
  const values = new Map(
    text.split('\n').flatMap((line) => {
      const at = line.indexOf('=');
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1).trim()] as const];
    }),
  );
  const load = values.get('LoadState');
  const active = values.get('ActiveState');
  if (load === undefined || active === undefined) return null;
  return { load, active, sub: values.get('SubState') ?? '', result: values.get('Result') ?? '' };
}

/** `moving`: systemd is at work on it and it will soon be something else. */
export type Phase = 'running' | 'stopped' | 'failed' | 'moving';

export function phaseOf(state: UnitState): Phase {
  switch (state.active) {
    case 'active':
    case 'reloading':
    case 'refreshing':
      return 'running';
    case 'inactive':
      return 'stopped';
    case 'failed':
      return 'failed';
    default:
      return 'moving';
  }
}

/** Why systemd could not start this unit at all; null when it could. */
export function cannotLoad(unit: string, state: UnitState): string | null {
  switch (state.load) {
    case 'not-found':
      return `systemd knows no unit ${unit} on this node; is its package installed?`;
    case 'masked':
      return `${unit} is masked on this node; systemctl unmask ${unit}?`;
    case 'bad-setting':
    case 'error':
      return `systemd cannot read the unit file of ${unit} (${state.load}); systemctl status ${unit}`;
    default:
      return null;
  }
}

export const describe = (unit: string, state: UnitState): string =>
  `${unit} is ${state.active} (${state.sub}${state.result === '' || state.result === 'success' ? '' : `, ${state.result}`})`;
