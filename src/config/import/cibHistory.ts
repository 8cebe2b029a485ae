/** The history of a CIB's status: what each node did with each resource. The bulk of the file, so it is read as it comes. */
import type { AgentName, HistoryOperation, ResourceHistory } from '../../policy/input.ts';
import { hyphenated, isFrom06 } from './cibUpgrade06.ts';
import type { Attributes, Element } from './element.ts';
import { wholeOr } from './numbers.ts';
import type { OwnTexts } from './ownTexts.ts';
import type { Taker } from './xml.ts';

interface Begun {
  readonly id: string;
  readonly agent: AgentName;
  readonly container: string | null;
  readonly shutdownLockS: number | null;
  readonly operations: HistoryOperation[];
}

/** Takes the elements `lrm_resource`. */
export class HistoryTaker implements Taker {
  readonly name = 'lrm_resource';
  /** By the element around them. */
  readonly #found = new Map<Element, ResourceHistory[]>();
  readonly #agents = new Map<string, AgentName>();
  #begun: Begun | null = null;
  #isFrom06: boolean | null = null;

  begin(attributes: Attributes, own: OwnTexts, root: Element): void {
    this.#isFrom06 ??= isFrom06(root);
    this.#begun = {
      id: own.copy(attributes['id'] ?? ''),
      agent: this.#agent(attributes, own),
      container: own.copyOrNull(attributes['container']),
      shutdownLockS: wholeOr(attributes['shutdown-lock'], null),
      operations: [],
    };
  }

  inside(name: string, attributes: Attributes, own: OwnTexts): void {
    if (name !== 'lrm_rsc_op') return;
    const today = this.#isFrom06 === true ? { ...attributes, ...hyphenated(attributes) } : attributes;
    this.#begun?.operations.push(operationOf(today, own));
  }

  end(parent: Element): void {
    if (this.#begun === null) return;
    const list = this.#found.get(parent);
    if (list === undefined) this.#found.set(parent, [this.#begun]);
    else list.push(this.#begun);
    this.#begun = null;
  }

  /** What was found directly inside of `parent`, an `lrm_resources`. */
  of(parent: Element): readonly ResourceHistory[] {
    return this.#found.get(parent) ?? [];
  }

  /** Few agents run everything: each is kept once. */
  #agent({ class: standard = '', provider = '', type = '' }: Attributes, own: OwnTexts): AgentName {
    const key = own.copy(`${standard}:${provider}:${type}`);
    let agent = this.#agents.get(key);
    if (agent === undefined) {
      agent = { standard: own.copy(standard), provider: own.copy(provider), type: own.copy(type) };
      this.#agents.set(key, agent);
    }
    return agent;
  }
}

/** `status` -2: none that Pacemaker knows, so that the entry counts for nothing. */
const operationOf = (attributes: Attributes, own: OwnTexts): HistoryOperation => ({
  id: own.copy(attributes['id'] ?? ''),
  operation: own.copy(attributes['operation'] ?? ''),
  operationKey: own.copyOrNull(attributes['operation_key']),
  intervalMs: wholeOr(attributes['interval'], 0),
  callId: wholeOr(attributes['call-id'], -1),
  rc: wholeOr(attributes['rc-code'], -1),
  status: wholeOr(attributes['op-status'], -2),
  magic: own.copyOrNull(attributes['transition-magic']),
  transitionKey: own.copyOrNull(attributes['transition-key']),
  lastChangeS: wholeOr(attributes['last-rc-change'], null),
  lastRunS: wholeOr(attributes['last-run'], null),
  node: own.copyOrNull(attributes['on_node']),
  exitReason: own.copyOrNull(attributes['exit-reason']),
  digest: own.copyOrNull(attributes['op-digest']),
  restartDigest: own.copyOrNull(attributes['op-restart-digest']),
  secureDigest: own.copyOrNull(attributes['op-secure-digest']),
  restartParameters: own.copyOrNull(attributes['op-force-restart']),
  secureParameters: own.copyOrNull(attributes['op-secure-params']),
  migrateSource: own.copyOrNull(attributes['migrate_source']),
  migrateTarget: own.copyOrNull(attributes['migrate_target']),
  version: own.copyOrNull(attributes['crm_feature_set']),
});
