/**
 * What a fence agent reads from its standard input: one `key=value` a line, no quoting, the value up to the end of the line.
 * Pure: values that lie in files were read before.
 */

/** The same thing under its newer and its older name: agents of all ages know one of them. */
const alike: readonly (readonly [string, string])[] = [
  ['ip', 'ipaddr'],
  ['username', 'login'],
  ['password', 'passwd'],
  ['password_script', 'passwd_script'],
  ['ssh', 'secure'],
  ['plug', 'port'],
];

/** What Sempre says itself; from a user they would turn a question into a power cut. */
export const reserved: readonly string[] = ['action', 'option', 'nodename'];

export const otherNameOf = (key: string): string | null => {
  const pair = alike.find((names) => names.includes(key));
  return pair?.find((name) => name !== key) ?? null;
};

export interface AgentCall {
  readonly action: string;
  /** The node that it is about; null: a question about the device. */
  readonly node: string | null;
  readonly plug: string | null;
  /** Without references to files any more. */
  readonly params: Readonly<Record<string, string>>;
}

export type Input = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly because: string };

/** Both names of each parameter; the agent ignores what it does not know. */
export function inputFor(call: AgentCall): Input {
  const wrong = Object.entries(call.params)
    .map(whyNot)
    .find((because) => because !== null);
  if (wrong !== undefined) return { ok: false, because: wrong };
  const plug = call.plug === null ? {} : { plug: call.plug, port: call.plug };
  const node = call.node === null ? {} : { nodename: call.node };
  const values = { ...withOtherNames(call.params), ...plug, ...node, action: call.action, option: call.action };
  const own = [call.plug ?? '', call.node ?? ''].find((value) => hasLineEnd(value));
  if (own !== undefined) return { ok: false, because: 'the name of a node or plug holds a line end' };
  const lines = Object.entries(values).map(([key, value]) => `${key}=${value}\n`);
  return { ok: true, text: lines.join('') };
}

function withOtherNames(params: Readonly<Record<string, string>>): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [key, value] of Object.entries(params)) {
    const other = otherNameOf(key);
    if (other !== null) all[other] ??= value;
    all[key] = value;
  }
  return all;
}

const hasLineEnd = (value: string): boolean => /[\n\r\0]/.test(value);

/** The value itself is never named: it may be a password. */
export function whyNot([key, value]: readonly [string, string]): string | null {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(key)) return `${JSON.stringify(key)} cannot be the name of a parameter`;
  if (reserved.includes(key)) return `the parameter ${key} is Sempre's own: it says it with each call`;
  if (hasLineEnd(value)) return `the value of ${key} holds a line end: a fence agent reads one parameter a line`;
  return null;
}
