/** The history of a CIB's status: what each node did with each resource. The bulk of the file, so it is read as it comes. */
import type { AgentName, HistoryOperation, ResourceHistory } from '../../policy/input.ts';
import { isFrom06, renamed } from './cibUpgrade06.ts';
import type { Element } from './element.ts';
import type { Taker } from './xml.ts';
import { XmlNames } from './xmlNames.ts';
import type { XmlTag } from './xmlTag.ts';

interface Begun {
  readonly id: string;
  readonly agent: AgentName;
  readonly container: string | null;
  readonly shutdownLockS: number | null;
  operations: readonly HistoryOperation[];
}

/** Takes the elements `lrm_resource`. */
export class HistoryTaker implements Taker {
  readonly names = new XmlNames();
  readonly name = this.names.idOf('lrm_resource');
  readonly #words = wordsIn(this.names);
  readonly #renamed = renamed.map(([old, today]) => [this.names.idOf(old), this.names.idOf(today)] as const);
  /** By the element around them. */
  readonly #found = new Map<Element, ResourceHistory[]>();
  readonly #agents = new Map<string, AgentName>();
  readonly #operations: HistoryOperation[] = [];
  #begun: Begun | null = null;
  #agent: AgentName = { standard: '', provider: '', type: '' };
  #isFrom06: boolean | null = null;

  begin(tag: XmlTag, root: Element): void {
    const words = this.#words;
    this.#isFrom06 ??= isFrom06(root);
    this.#begun = {
      id: tag.text(words.id) ?? '',
      agent: this.#agentOf(tag),
      container: tag.text(words.container),
      shutdownLockS: tag.whole(words.shutdownLock, null),
      operations: [],
    };
  }

  inside(tag: XmlTag): void {
    if (tag.name !== this.#words.lrmRscOp) return;
    if (this.#isFrom06 === true) for (const [old, today] of this.#renamed) tag.rename(old, today);
    this.#operations.push(operationOf(tag, this.#words));
  }

  end(parent: Element): void {
    if (this.#begun === null) return;
    // A copy is no longer than it must be; a list that grows has room for what may come.
    this.#begun.operations = this.#operations.slice();
    this.#operations.length = 0;
    const list = this.#found.get(parent);
    if (list === undefined) this.#found.set(parent, [this.#begun]);
    else list.push(this.#begun);
    this.#begun = null;
  }

  /** What was found directly inside of `parent`, an `lrm_resources`. */
  of(parent: Element): readonly ResourceHistory[] {
    return this.#found.get(parent) ?? [];
  }

  /** Few agents run everything: each is kept once, and the one before is mostly the next. */
  #agentOf(tag: XmlTag): AgentName {
    const words = this.#words;
    const standard = tag.text(words.standard) ?? '';
    const provider = tag.text(words.provider) ?? '';
    const type = tag.text(words.type) ?? '';
    const last = this.#agent;
    if (last.standard === standard && last.provider === provider && last.type === type) return last;
    const key = `${standard}:${provider}:${type}`;
    this.#agent = this.#agents.get(key) ?? { standard, provider, type };
    this.#agents.set(key, this.#agent);
    return this.#agent;
  }
}

type Words = ReturnType<typeof wordsIn>;

const wordsIn = (names: XmlNames) => ({
  lrmRscOp: names.idOf('lrm_rsc_op'),
  id: names.idOf('id'),
  standard: names.idOf('class'),
  provider: names.idOf('provider'),
  type: names.idOf('type'),
  container: names.idOf('container'),
  shutdownLock: names.idOf('shutdown-lock'),
  operation: names.idOf('operation'),
  operationKey: names.idOf('operation_key'),
  interval: names.idOf('interval'),
  callId: names.idOf('call-id'),
  rcCode: names.idOf('rc-code'),
  opStatus: names.idOf('op-status'),
  magic: names.idOf('transition-magic'),
  transitionKey: names.idOf('transition-key'),
  lastChange: names.idOf('last-rc-change'),
  lastRun: names.idOf('last-run'),
  node: names.idOf('on_node'),
  exitReason: names.idOf('exit-reason'),
  digest: names.idOf('op-digest'),
  restartDigest: names.idOf('op-restart-digest'),
  secureDigest: names.idOf('op-secure-digest'),
  restartParameters: names.idOf('op-force-restart'),
  secureParameters: names.idOf('op-secure-params'),
  migrateSource: names.idOf('migrate_source'),
  migrateTarget: names.idOf('migrate_target'),
  version: names.idOf('crm_feature_set'),
});

/** `status` -2: none that Pacemaker knows, so that the entry counts for nothing. */
const operationOf = (tag: XmlTag, words: Words): HistoryOperation => ({
  id: tag.text(words.id) ?? '',
  operation: tag.text(words.operation) ?? '',
  operationKey: tag.text(words.operationKey),
  intervalMs: tag.whole(words.interval, 0),
  callId: tag.whole(words.callId, -1),
  rc: tag.whole(words.rcCode, -1),
  status: tag.whole(words.opStatus, -2),
  magic: tag.text(words.magic),
  transitionKey: tag.text(words.transitionKey),
  lastChangeS: tag.whole(words.lastChange, null),
  lastRunS: tag.whole(words.lastRun, null),
  node: tag.text(words.node),
  exitReason: tag.text(words.exitReason),
  digest: tag.text(words.digest),
  restartDigest: tag.text(words.restartDigest),
  secureDigest: tag.text(words.secureDigest),
  restartParameters: tag.text(words.restartParameters),
  secureParameters: tag.text(words.secureParameters),
  migrateSource: tag.text(words.migrateSource),
  migrateTarget: tag.text(words.migrateTarget),
  version: tag.text(words.version),
});
