/** Readers of constraints and rules, as the policy engine knows them. */
import type {
  ColocationConfig,
  Expression,
  LocationConfig,
  OrderConfig,
  ResourceSet,
  Rule,
  Subject,
  TicketConfig,
} from '../../core/model.ts';
import { flag, list, map, name, nested, nullable, object, oneOf, type Reader, tagged, text, whole } from './read.ts';

export const constraintsMax = 10_000;
const membersMax = 2048;
/** As deep as the reader of the cluster file goes. */
const rulesDeepMax = 20;

const word = text(8192);
const maybe = nullable(word);
const score = nullable(whole);
const maybeFlag = nullable(flag);

export const texts = map(word, 1000);

const expression = (inner: Reader<Rule>): Reader<Expression> =>
  tagged<Expression>('kind', {
    rule: object<Extract<Expression, { kind: 'rule' }>>({ kind: oneOf('rule'), rule: inner }),
    attribute: object<Extract<Expression, { kind: 'attribute' }>>({
      kind: oneOf('attribute'),
      attribute: word,
      operation: word,
      value: maybe,
      type: maybe,
      valueSource: maybe,
    }),
    date: object<Extract<Expression, { kind: 'date' }>>({
      kind: oneOf('date'),
      operation: word,
      start: maybe,
      end: maybe,
      duration: nullable(texts),
      spec: nullable(texts),
    }),
    resource: object<Extract<Expression, { kind: 'resource' }>>({
      kind: oneOf('resource'),
      standard: maybe,
      provider: maybe,
      type: maybe,
    }),
    operation: object<Extract<Expression, { kind: 'operation' }>>({
      kind: oneOf('operation'),
      name: word,
      interval: maybe,
    }),
  });

export const rule = nested<Rule>(rulesDeepMax, (inner) =>
  object<Rule>({
    id: word,
    join: oneOf('and', 'or'),
    expressions: list(expression(inner), 1000),
    score,
    scoreAttribute: maybe,
    role: maybe,
  }),
);

const set = object<ResourceSet>({
  id: word,
  members: list(name, membersMax),
  role: maybe,
  action: maybe,
  score,
  kind: maybe,
  sequential: maybeFlag,
  requireAll: maybeFlag,
  ordering: maybe,
});
const sets = list(set, 1000);
const lifetime = list(rule, 10);

const setLink = object<{ readonly kind: 'sets'; readonly sets: readonly ResourceSet[] }>({
  kind: oneOf('sets'),
  sets,
});

const subject = tagged<Subject>('kind', {
  one: object<Extract<Subject, { kind: 'one' }>>({ kind: oneOf('one'), id: name }),
  pattern: object<Extract<Subject, { kind: 'pattern' }>>({ kind: oneOf('pattern'), pattern: word }),
  sets: setLink,
});

export const location = object<LocationConfig>({
  id: word,
  subject,
  node: nullable(name),
  score,
  role: maybe,
  discovery: maybe,
  rules: list(rule, 100),
  lifetime,
});

type Pair<T extends { readonly link: { readonly kind: string } }> = Extract<T['link'], { readonly kind: 'pair' }>;

export const colocation = object<ColocationConfig>({
  id: word,
  score,
  nodeAttribute: maybe,
  influence: maybeFlag,
  lifetime,
  link: tagged<ColocationConfig['link']>('kind', {
    pair: object<Pair<ColocationConfig>>({
      kind: oneOf('pair'),
      dependent: name,
      dependentRole: maybe,
      dependentInstance: maybe,
      primary: name,
      primaryRole: maybe,
      primaryInstance: maybe,
    }),
    sets: setLink,
  }),
});

export const order = object<OrderConfig>({
  id: word,
  kind: maybe,
  score,
  symmetrical: maybeFlag,
  requireAll: maybeFlag,
  lifetime,
  link: tagged<OrderConfig['link']>('kind', {
    pair: object<Pair<OrderConfig>>({
      kind: oneOf('pair'),
      first: name,
      firstAction: maybe,
      firstInstance: maybe,
      second: name,
      secondAction: maybe,
      secondInstance: maybe,
    }),
    sets: setLink,
  }),
});

export const ticket = object<TicketConfig>({
  id: word,
  ticket: word,
  lossPolicy: maybe,
  lifetime,
  subject: tagged<TicketConfig['subject']>('kind', {
    one: object<Extract<TicketConfig['subject'], { kind: 'one' }>>({ kind: oneOf('one'), id: name, role: maybe }),
    sets: setLink,
  }),
});
