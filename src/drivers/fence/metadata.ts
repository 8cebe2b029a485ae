/** What a fence agent says that it takes and can do: the XML of its action `metadata`. Pure but for the parser's import. */

export interface AgentParameter {
  readonly name: string;
  readonly required: boolean;
  /** string, integer, boolean, second, select, or whatever the agent says. */
  readonly type: string;
  readonly default: string | null;
  /** Of a `select`. */
  readonly options: readonly string[];
  readonly about: string;
  /** Another name of it is the newer one. */
  readonly deprecated: boolean;
  /** The older name that this one replaces. */
  readonly replaces: string | null;
}

export interface AgentAction {
  readonly name: string;
  /** The node must ask for it itself when it boots. */
  readonly automatic: boolean;
  readonly onTarget: boolean;
}

export interface AgentDescription {
  readonly name: string;
  readonly about: string;
  readonly parameters: readonly AgentParameter[];
  readonly actions: readonly AgentAction[];
}

export type Described =
  | { readonly ok: true; readonly agent: AgentDescription }
  | { readonly ok: false; readonly because: string };

/** The part of a parsed document that is looked at. */
interface XmlElement {
  getAttribute(name: string): string | null;
  getElementsByTagName(name: string): ArrayLike<XmlElement>;
  readonly textContent: string | null;
}

export async function parseMetadata(text: string): Promise<Described> {
  // Loaded when it is used: a daemon mostly does without it.
  const { DOMParser, onErrorStopParsing } = await import('@xmldom/xmldom');
  try {
    const parser = new DOMParser({ onError: onErrorStopParsing });
    const root = parser.parseFromString(text.trim(), 'text/xml').documentElement as XmlElement | null;
    if (root === null) return { ok: false, because: 'its metadata is empty' };
    return { ok: true, agent: description(root) };
  } catch (error) {
    return { ok: false, because: `its metadata is no XML: ${firstLine((error as Error).message)}` };
  }
}

const firstLine = (text: string): string => text.split('\n')[0] ?? '';

const description = (root: XmlElement): AgentDescription => ({
  name: root.getAttribute('name') ?? '',
  about: root.getAttribute('shortdesc') ?? '',
  parameters: all(root, 'parameter')
    .map(parameter)
    .filter((each) => each.name !== ''),
  actions: all(root, 'action')
    .map(action)
    .filter((each) => each.name !== ''),
});

function parameter(element: XmlElement): AgentParameter {
  const content = all(element, 'content')[0];
  return {
    name: element.getAttribute('name') ?? '',
    required: element.getAttribute('required') === '1',
    type: content?.getAttribute('type') || 'string',
    default: content?.getAttribute('default') || null,
    options: content === undefined ? [] : all(content, 'option').map((option) => option.getAttribute('value') ?? ''),
    about: (all(element, 'shortdesc')[0]?.textContent ?? '').trim(),
    deprecated: element.getAttribute('deprecated') === '1',
    replaces: element.getAttribute('obsoletes') || null,
  };
}

const action = (element: XmlElement): AgentAction => ({
  name: element.getAttribute('name') ?? '',
  automatic: element.getAttribute('automatic') === '1',
  onTarget: element.getAttribute('on_target') === '1',
});

const all = (element: XmlElement, name: string): XmlElement[] => Array.from(element.getElementsByTagName(name));
