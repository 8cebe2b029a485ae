/** What runs Heartbeat's resource scripts today: an OCF agent, or a systemd unit. */

/** Null agent: nobody knows one. */
export interface RunBy {
  readonly agent: string | null;
  readonly params: readonly (readonly [string, string])[];
  /** It is known to write nothing that another copy writes too: two for a moment do no harm. */
  readonly mayOverlap: boolean;
  readonly note: string | null;
}

interface KnownScript {
  readonly agent: string;
  /** Names of the values, in the order of the script. */
  readonly params: readonly string[];
  readonly mayOverlap?: boolean;
}

const known: ReadonlyMap<string, KnownScript> = new Map<string, KnownScript>([
  ['Filesystem', { agent: 'ocf:heartbeat:Filesystem', params: ['device', 'directory', 'fstype', 'options'] }],
  ['LVM', { agent: 'ocf:heartbeat:LVM', params: ['volgrpname'] }],
  ['db2', { agent: 'ocf:heartbeat:db2', params: ['instance'] }],
  ['apache', { agent: 'ocf:heartbeat:apache', params: ['configfile'], mayOverlap: true }],
  ['IPsrcaddr', { agent: 'ocf:heartbeat:IPsrcaddr', params: ['ipaddress'], mayOverlap: true }],
  ['MailTo', { agent: 'ocf:heartbeat:MailTo', params: ['email', 'subject'], mayOverlap: true }],
  ['portblock', { agent: 'ocf:heartbeat:portblock', params: ['protocol', 'portno', 'action'], mayOverlap: true }],
  ['Xinetd', { agent: 'ocf:heartbeat:Xinetd', params: ['service'], mayOverlap: true }],
]);

/** Units that serve what lies elsewhere. */
const overlapping = new Set([
  ...['apache2', 'httpd', 'nginx', 'lighttpd', 'squid', 'varnish', 'haproxy', 'pound', 'mon', 'ldirectord'],
  ...['named', 'bind9', 'unbound', 'dnsmasq'],
]);

export function runBy(script: string, values: readonly string[]): RunBy {
  if (script === 'drbddisk' || script === 'datadisk') return drbd(script, values);
  if (script === 'ldirectord') return ldirectord(values);
  const agent = known.get(script);
  if (agent !== undefined) return withoutSecret(named(agent, values));
  const isUnit = /^[A-Za-z0-9][\w:.@-]{0,200}$/.test(script) && values.length === 0;
  if (isUnit) return { agent: `systemd:${script}`, params: [], mayOverlap: overlapping.has(script), note: null };
  const count = values.length === 0 ? '' : ` with its ${values.length === 1 ? 'value' : `${values.length} values`}`;
  const note = `nothing is known that runs «${script}»${count}: name an agent, or write a unit that does what it did`;
  return { agent: null, params: [], mayOverlap: false, note };
}

function named({ agent, params, mayOverlap = false }: KnownScript, values: readonly string[]): RunBy {
  const given = params.flatMap((name, at): (readonly [string, string])[] => {
    const value = values[at];
    return value === undefined || value === '' ? [] : [[name, value]];
  });
  const more = values.length - params.length;
  const note =
    more > 0 ? `${agent} takes no ${more === 1 ? 'further value' : `${more} further values`}: left out` : null;
  return { agent, params: given, mayOverlap, note };
}

/** Options of a mount may hold a password; where it ends in them cannot be told, so none of them is copied. */
function withoutSecret(run: RunBy): RunBy {
  if (!run.params.some(([name, value]) => name === 'options' && /pass|%/i.test(value))) return run;
  const file = '/etc/sempre/secrets/mount';
  const params = run.params.map(([name, value]) => [name, name === 'options' ? `credentials=${file}` : value] as const);
  const note = `its mount options hold a password and are not copied: put user and password into ${file}, and the other options here again`;
  return { ...run, params, note };
}

/** A name without a path is looked for beside ha.cf. */
function ldirectord([file = 'ldirectord.cf']: readonly string[]): RunBy {
  const path = file.startsWith('/') ? file : `/etc/ha.d/${file}`;
  return { agent: 'ocf:heartbeat:ldirectord', params: [['configfile', path]], mayOverlap: true, note: null };
}

/** The unit of drbd-utils makes the resource primary, and secondary again when it is stopped. */
function drbd(script: string, [resource]: readonly string[]): RunBy {
  const mayOverlap = false;
  if (resource === undefined || resource === '') {
    const note = `${script} names no resource of DRBD: the agent is systemd:drbd-promote@RESOURCE`;
    return { agent: null, params: [], mayOverlap, note };
  }
  const note = `${script} is the unit drbd-promote@ of drbd-utils now, which needs DRBD 9`;
  return { agent: `systemd:drbd-promote@${escapeInstance(resource)}`, params: [], mayOverlap, note };
}

/** As `systemd-escape` writes it: «-» would stand for «/». */
const escapeInstance = (text: string): string =>
  [...Buffer.from(text)]
    .map((byte, at) => {
      const char = String.fromCharCode(byte);
      return /[A-Za-z0-9:_]/.test(char) || (char === '.' && at > 0) ? char : `\\x${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
