/** Constraints as the crm shell writes them, made into the elements that a CIB has for them. */
import { readRules, scoreAttributes } from './crmSets.ts';
import { type Attributes, type Element, elementNear, faultAt } from './element.ts';
import type { Token, Words } from './words.ts';

const scorePattern = /^([^:]+):$/s;

/** `location ID RESOURCE [name=value ...] SCORE: NODE`, or rules instead. */
export function readLocation(words: Words): Element {
  const id = words.next('the name of the constraint').text;
  const location = elementNear(words.start, 'rsc_location', { id });
  readSubject(words, location);
  readAttributes(words, location);
  const score = words.take(scorePattern)?.[0];
  if (score === undefined) {
    location.children.push(...readRules(words, id));
    if (!location.children.some(({ name }) => name === 'rule')) throw words.fault('«SCORE: NODE» or «rule» is missing');
    return location;
  }
  Object.assign(location.attributes, scoreAttributes(score), { node: words.next('the name of a node').text });
  readAttributes(words, location);
  return location;
}

function readSubject(words: Words, location: Element): void {
  const pattern = words.take(/^\/(.+)\/$/s)?.[0];
  if (pattern !== undefined) {
    location.attributes['rsc-pattern'] = pattern;
    return;
  }
  if (!words.text.startsWith('{')) {
    location.attributes['rsc'] = words.next('the resource').text;
    return;
  }
  const inside: Token[] = [];
  while (!words.text.endsWith('}')) inside.push(words.next('a closing brace'));
  inside.push(words.next('a closing brace'));
  const tokens = inside.map((token) => ({ ...token, text: token.text.replace(/^\{|\}$/g, '') }));
  location.children.push(
    ...resourceSets(
      tokens.filter(({ text }) => text !== ''),
      'role',
      location,
    ),
  );
}

function readAttributes(words: Words, element: Element): void {
  for (let found = words.take(/^\$?([^=:]+)=(.*)$/s); found !== null; found = words.take(/^\$?([^=:]+)=(.*)$/s))
    element.attributes[found[0] ?? ''] = found[1];
}

/** `colocation ID SCORE: A[:ROLE] B[:ROLE]`, or sets. */
export function readColocation(words: Words): Element {
  const colocation = elementNear(words.start, 'rsc_colocation', { id: words.next('the name of the constraint').text });
  const score = words.take(scorePattern)?.[0];
  if (score === undefined) throw words.fault('«SCORE:» is missing');
  Object.assign(colocation.attributes, scoreAttributes(score));
  return readLink(words, colocation, ['rsc', 'with-rsc'], 'role');
}

const kinds: ReadonlyMap<string, string> = new Map([
  ['mandatory', 'Mandatory'],
  ['optional', 'Optional'],
  ['serialize', 'Serialize'],
]);

/** `order ID [KIND:|SCORE:] A[:ACTION] B[:ACTION]`, or sets. */
export function readOrder(words: Words): Element {
  const order = elementNear(words.start, 'rsc_order', { id: words.next('the name of the constraint').text });
  const text = words.take(scorePattern)?.[0];
  const kind = kinds.get(text?.toLowerCase() ?? '');
  if (kind !== undefined) order.attributes['kind'] = kind;
  else if (text !== undefined) order.attributes['score'] = text;
  return readLink(words, order, ['first', 'then'], 'action');
}

/** `rsc_ticket ID TICKET: A[:ROLE] ...`. */
export function readTicket(words: Words): Element {
  const id = words.next('the name of the constraint').text;
  const ticket = words.take(scorePattern)?.[0];
  if (ticket === undefined) throw words.fault('«TICKET:» is missing');
  return readLink(words, elementNear(words.start, 'rsc_ticket', { id, ticket }), ['rsc'], 'role');
}

const setAttributes = /^(sequential|require-all)=/i;

/** As many resources as there are names, and no brackets: a simple constraint; sets otherwise. */
function readLink(words: Words, element: Element, names: readonly string[], qualifier: 'role' | 'action'): Element {
  const tokens: Token[] = [];
  for (const token of words.rest()) {
    const own = setAttributes.test(token.text) ? null : /^([\w-]+)=(.*)$/s.exec(token.text);
    if (own === null) tokens.push(...withoutBrackets(token));
    else element.attributes[own[1] ?? ''] = own[2];
  }
  const isSimple = tokens.length === names.length && !tokens.some(({ text }) => /^[()[\]]$|=/.test(text));
  if (!isSimple) element.children.push(...resourceSets(tokens, qualifier, element));
  else
    for (const [i, name] of names.entries())
      Object.assign(element.attributes, member(name, tokens[i]?.text ?? '', qualifier));
  return element;
}

/** A bracket is a word of its own. */
function withoutBrackets(token: Token): Token[] {
  const [, open = '', inner = '', close = ''] = /^([([]?)(.*?)([)\]]?)$/s.exec(token.text) ?? [];
  return [open, inner, close].filter((text) => text !== '').map((text) => ({ ...token, text }));
}

/** A number behind the colon is an instance of a clone. */
function member(name: string, text: string, qualifier: string): Attributes {
  const [id, behind] = splitOnce(text);
  if (behind === undefined) return { [name]: id };
  return { [name]: id, [`${name}-${/^\d+$/.test(behind) ? 'instance' : qualifier}`]: behind };
}

function splitOnce(text: string): [string, string | undefined] {
  const at = text.indexOf(':');
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** A set ends at a bracket, and where another role or action begins. `( )`: in any order; `[ ]`: one of them is enough. */
function resourceSets(tokens: readonly Token[], qualifier: 'role' | 'action', owner: Element): Element[] {
  const sets: Element[] = [];
  let open: Token | null = null;
  let set: Element | null = null;
  for (const token of tokens) {
    const { text } = token;
    if (text === '(' || text === '[') {
      if (open !== null) throw faultAt(token, 'sets cannot stand inside of sets');
      open = token;
      set = null;
    } else if (text === ')' || text === ']') {
      if (open === null || (open.text === '(') !== (text === ')'))
        throw faultAt(token, `nothing was opened that this «${text}» closes`);
      open = null;
      set = null;
    } else if (setAttributes.test(text)) {
      const [name = '', value = ''] = text.split('=');
      if (set === null) throw faultAt(token, `«${text}» stands behind no resource`);
      set.attributes[name.toLowerCase()] = value;
    } else {
      const [id, behind] = splitOnce(text);
      if (set === null || set.attributes[qualifier] !== behind) {
        set = newSet(token, `${owner.attributes['id'] ?? ''}-${sets.length}`, open, { [qualifier]: behind });
        sets.push(set);
      }
      set.children.push(elementNear(token, 'resource_ref', { id }));
    }
  }
  if (open !== null) throw faultAt(open, `this «${open.text}» is not closed`);
  if (sets.length === 0) throw faultAt(owner, 'the constraint names no resource');
  return sets;
}

function newSet(token: Token, id: string, open: Token | null, qualifier: Attributes): Element {
  const attributes: Attributes = { id, ...qualifier };
  if (open !== null) attributes['sequential'] = 'false';
  if (open?.text === '[') attributes['require-all'] = 'false';
  return elementNear(token, 'resource_set', attributes);
}
