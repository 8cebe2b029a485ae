/** The environment of a command: little, and never what belongs to the daemon alone (its watchdog, its sockets, its keys). */
const inherited = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'SEMPRE_HOME'];

const pathDefault = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export function commandEnvironment(
  daemon: Readonly<Record<string, string | undefined>>,
  own: Readonly<Record<string, string>>,
  node: string,
  serviceId: string,
): Record<string, string> {
  const env: Record<string, string> = { PATH: pathDefault, SEMPRE_NODE: node, SEMPRE_SERVICE: serviceId };
  for (const name of inherited) {
    const value = daemon[name];
    if (value !== undefined && value !== '') env[name] = value;
  }
  return { ...env, ...own };
}
