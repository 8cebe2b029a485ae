/**
 * Answers «what does the text say, and where?»: YAML text to plain values, with the place of each.
 *
 * The values are built here and not by the library, because a user's text must not be changed on the way: a number or
 * a truth value that is not spelt as JSON would (`0755`, `1.10`, `yes`, `0x1f`) stays the text that it is. Such text is
 * right for an agent's parameter, and everywhere else it is refused instead of being taken for another number.
 */
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
} from 'yaml';
import type { Place } from './places.ts';
import type { ProblemCode } from './problems.ts';
import { quote, shorten } from './show.ts';
import { didYouMean } from './suggest.ts';
import { syntaxFault } from './syntax.ts';

export interface Fault {
  readonly code: ProblemCode;
  /** Into the text. */
  readonly offset: number;
  readonly message: string;
  readonly hint: string | null;
}

export interface ReadYaml {
  /** Undefined when the text cannot be understood; null when it is empty. */
  readonly value: unknown;
  readonly places: Place;
  readonly faults: readonly Fault[];
}

/** Values of the file once its aliases are followed: a few lines of aliases to aliases could ask for billions. */
const valuesMax = 200_000;
/** The deepest key of the file form is six deep. */
const depthMax = 32;
const syntaxFaultsMax = 20;

const nowhere: Place = { keyAt: 0, valueAt: 0, children: new Map() };

export function readYaml(text: string): ReadYaml {
  const parsed = parseText(text);
  if (!parsed.ok) return { value: undefined, places: nowhere, faults: parsed.faults };
  const reading: Reading = { anchors: new Map(), faults: [], valuesLeft: valuesMax };
  const { value, place } = readNode(reading, parsed.document.contents, 0, 0);
  const whole = reading.valuesLeft >= 0;
  return { value: whole ? value : undefined, places: place, faults: reading.faults };
}

type ParsedText =
  | { readonly ok: true; readonly document: Document.Parsed }
  | { readonly ok: false; readonly faults: Fault[] };

/**
 * The one place of this folder that catches: the text comes from anybody, the library is not ours and reads recursively,
 * and a daemon must not fall over a file.
 */
function parseText(text: string): ParsedText {
  let document: Document.Parsed;
  try {
    // With the level `silent` it would keep a second document to itself. Duplicate keys are found below: the library compares each key with each other one, which is slow in a hostile file.
    document = parseDocument(text, { uniqueKeys: false, prettyErrors: false, logLevel: 'error' });
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    return {
      ok: false,
      faults: [{ code: 'YAML_SYNTAX', offset: 0, message: `the text cannot be read as YAML: ${because}`, hint: null }],
    };
  }
  if (document.errors.length === 0) return { ok: true, document };
  return { ok: false, faults: document.errors.slice(0, syntaxFaultsMax).map((error) => syntaxFault(error, text)) };
}

/** What is known half-way through the document. */
interface Reading {
  /** Anchors of the values that are complete: an alias to a value that it lies in finds nothing. */
  readonly anchors: Map<string, Node>;
  readonly faults: Fault[];
  /** Below zero: the file was given up. */
  valuesLeft: number;
}

interface ReadNode {
  readonly value: unknown;
  readonly place: Place;
}

function readNode(reading: Reading, node: unknown, keyAt: number, depth: number): ReadNode {
  const empty = { value: null, place: { keyAt, valueAt: keyAt, children: new Map() } };
  if (!isNode(node) || !mayGoOn(reading, node, depth)) return empty;
  if (isAlias(node)) return readAlias(reading, node.source, startOf(node), keyAt, depth);
  refuseTag(reading, node);
  const read = isCollection(node) ? readCollection(reading, node, keyAt, depth) : readScalar(node, keyAt);
  if (node.anchor !== undefined) reading.anchors.set(node.anchor, node);
  return read;
}

function mayGoOn(reading: Reading, node: Node, depth: number): boolean {
  if (reading.valuesLeft < 0) return false;
  reading.valuesLeft = depth > depthMax ? -1 : reading.valuesLeft - 1;
  if (reading.valuesLeft >= 0) return true;
  const message =
    depth > depthMax ? `nested more than ${depthMax} deep` : `more than ${valuesMax} values, with aliases followed`;
  reading.faults.push({ code: 'YAML_TOO_LARGE', offset: startOf(node), message, hint: null });
  return false;
}

function readAlias(reading: Reading, name: string, offset: number, keyAt: number, depth: number): ReadNode {
  const target = reading.anchors.get(name);
  if (target !== undefined) {
    const { value, place } = readNode(reading, target, keyAt, depth + 1);
    return { value, place: { keyAt, valueAt: offset, children: place.children } };
  }
  const hint = didYouMean(name, reading.anchors.keys()) ?? `text that begins with «*» is written in quotes`;
  reading.faults.push({
    code: 'YAML_ALIAS',
    offset,
    message: `the alias *${shorten(name)} has no anchor &${shorten(name)} before it`,
    hint,
  });
  return { value: null, place: { keyAt, valueAt: offset, children: new Map() } };
}

/** A tag asks the reader to make something else of a value; none of that is of use here. */
function refuseTag(reading: Reading, node: Node): void {
  if (!('tag' in node) || node.tag === undefined) return;
  const message = `the tag ${quote(String(node.tag))} has no meaning here`;
  reading.faults.push({
    code: 'YAML_TAG',
    offset: startOf(node),
    message,
    hint: 'text that begins with «!» is written in quotes',
  });
}

function readCollection(
  reading: Reading,
  node: Node & { items: unknown[]; flow?: boolean },
  keyAt: number,
  depth: number,
): ReadNode {
  const valueAt = node.flow === true ? startOf(node) : keyAt;
  return isMap(node)
    ? readMap(reading, node.items, keyAt, valueAt, depth)
    : readList(reading, node.items, keyAt, valueAt, depth);
}

function readList(
  reading: Reading,
  items: readonly unknown[],
  keyAt: number,
  valueAt: number,
  depth: number,
): ReadNode {
  const children = new Map<number, Place>();
  const value = items.map((item, index) => {
    const read = readNode(reading, item, isNode(item) ? startOf(item) : valueAt, depth + 1);
    children.set(index, read.place);
    return read.value;
  });
  return { value, place: { keyAt, valueAt, children } };
}

function readMap(reading: Reading, items: readonly Pair[], keyAt: number, valueAt: number, depth: number): ReadNode {
  const children = new Map<string, Place>();
  const value: Record<string, unknown> = {};
  for (const pair of items) {
    const key = readKey(reading, pair, keyAt, children);
    if (key === null) continue;
    const read = readNode(reading, pair.value, key.offset, depth + 1);
    children.set(key.text, read.place);
    value[key.text] = read.value;
  }
  return { value, place: { keyAt, valueAt, children } };
}

/** Null when it was reported and its value is left out. */
function readKey(
  reading: Reading,
  pair: Pair,
  mapAt: number,
  known: ReadonlyMap<string, Place>,
): { text: string; offset: number } | null {
  const offset = isNode(pair.key) ? startOf(pair.key) : mapAt;
  const text = isScalar(pair.key) ? keyText(pair.key) : '';
  if (text === '') {
    reading.faults.push({ code: 'YAML_KEY', offset, message: 'a key must be a plain word', hint: null });
    return null;
  }
  // JavaScript gives this one key a meaning of its own; no key of ours is called so.
  if (text === '__proto__') {
    reading.faults.push({ code: 'UNKNOWN_KEY', offset, message: 'unknown key «__proto__»', hint: null });
    return null;
  }
  if (!known.has(text)) return { text, offset };
  const message = `the key ${quote(text)} stands twice here`;
  reading.faults.push({
    code: 'DUPLICATE_KEY',
    offset,
    message,
    hint: 'only one of them can hold: remove the other one',
  });
  return null;
}

const keyText = (key: Scalar): string => key.source ?? (typeof key.value === 'string' ? key.value : '');

function readScalar(node: Node, keyAt: number): ReadNode {
  const value = isScalar(node) ? faithful(node) : null;
  return { value, place: { keyAt, valueAt: value === null ? keyAt : startOf(node), children: new Map() } };
}

function faithful(node: Scalar): unknown {
  if (node.value === null || typeof node.value === 'string') return node.value;
  const source = node.source ?? '';
  const spelt = (typeof node.value === 'number' || typeof node.value === 'boolean') && String(node.value) === source;
  return spelt ? node.value : source;
}

const startOf = (node: Node): number => node.range?.[0] ?? 0;
