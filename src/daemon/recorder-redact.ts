/**
 * Takes secrets out of what the flight recorder writes, so that a journal can be given to others.
 *
 * Each text is replaced by a fingerprint with a salt that is never written: the same text gives the same fingerprint within one
 * life of the daemon, so that a replay compares as the node did, and nobody can find a weak password by trying.
 */
import { createHash, randomBytes } from 'node:crypto';

type How =
  /** A text, or all texts below it. */
  | 'all'
  /** All but the first: the program's name tells what it was, its arguments may hold anything. */
  | 'rest';

/**
 * By the name of a member, wherever it is: parameters of agents and fence devices, environments and arguments of programs, the
 * statistics page of a balancer, and the cluster file as it was written, which holds all of them.
 */
const secrets: Readonly<Record<string, How>> = {
  params: 'all',
  paramsOn: 'all',
  env: 'all',
  stats: 'all',
  source: 'all',
  password: 'all',
  argv: 'rest',
  checkArgv: 'rest',
};

const digits = 12;
const knownMax = 10_000;

export class Redactor {
  private readonly salt = randomBytes(16);
  /** Hidden copies of objects: what was one object stays one. */
  private readonly copies = new WeakMap<object, unknown>();
  private readonly known = new Map<string, string>();

  /** The value of a member as it may be written. */
  member(name: string, value: unknown): unknown {
    const how = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
    if (how === undefined || value === null) return value;
    if (typeof value !== 'object') return this.hidden(value);
    const copied = this.copies.get(value);
    if (copied !== undefined) return copied;
    const copy =
      how === 'rest' && Array.isArray(value)
        ? [value[0], ...value.slice(1).map((each) => this.hidden(each))]
        : this.hidden(value);
    this.copies.set(value, copy);
    return copy;
  }

  /** A copy of plain data without secrets. */
  deep(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((each) => this.deep(each));
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => {
        const shown = this.member(name, member);
        return [name, shown === member ? this.deep(member) : shown];
      }),
    );
  }

  private hidden(value: unknown): unknown {
    if (typeof value === 'string') return this.fingerprint(value);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((each) => this.hidden(each));
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, this.hidden(member)]));
  }

  private fingerprint(text: string): string {
    const known = this.known.get(text);
    if (known !== undefined) return known;
    const sum = createHash('sha256').update(this.salt).update(text).digest('hex').slice(0, digits);
    if (this.known.size >= knownMax) this.known.clear();
    this.known.set(text, `redacted:${sum}`);
    return `redacted:${sum}`;
  }
}
