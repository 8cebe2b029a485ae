/** The policies of the file, each entry for itself: a broken one is null, and its name or place in the list stays known. */
import type * as z from 'zod';
import { agentSchema } from '../serviceSchema.ts';
import { mapping, optional, valid } from '../valid.ts';
import {
  type ColocationFile,
  colocationSchema,
  type LocationFile,
  locationSchema,
  type OrderFile,
  orderSchema,
  type TicketFile,
  ticketSchema,
} from './constraintSchema.ts';
import {
  type DefaultsFile,
  defaultsSchema,
  type GroupFile,
  groupSchema,
  policyParts,
  templateSchema,
} from './partsSchema.ts';

export interface PolicySections {
  /** Undefined: not in the file. Null: broken. */
  readonly defaults: DefaultsFile | undefined | null;
  /** Null: broken as a whole, so that nobody can say which there are. */
  readonly templates: ReadonlyMap<string, z.infer<typeof templateSchema> | null> | null;
  readonly groups: ReadonlyMap<string, GroupFile | null> | null;
  readonly locations: readonly (LocationFile | null)[];
  readonly colocations: readonly (ColocationFile | null)[];
  readonly orders: readonly (OrderFile | null)[];
  readonly tickets: readonly (TicketFile | null)[];
  readonly tags: Readonly<Record<string, string | readonly string[]>>;
  readonly ticketStates: Readonly<Record<string, 'granted' | 'standby' | 'revoked'>>;
  readonly options: Readonly<Record<string, string | number | boolean>>;
}

export function readPolicy(parts: Readonly<Record<string, unknown>>): PolicySections {
  const constraints = mapping(parts['constraints']) ?? {};
  return {
    defaults: optional(defaultsSchema, parts['defaults']),
    templates: entries(templateSchema, parts['templates']),
    groups: entries(groupSchema, parts['groups']),
    locations: items(locationSchema, constraints['location']),
    colocations: items(colocationSchema, constraints['colocation']),
    orders: items(orderSchema, constraints['order']),
    tickets: items(ticketSchema, constraints['ticket']),
    tags: optional(policyParts.tags, parts['tags']) ?? {},
    ticketStates: optional(policyParts.tickets, parts['tickets']) ?? {},
    options: optional(policyParts.options, parts['options']) ?? {},
  };
}

function entries<T>(schema: z.ZodType<T>, value: unknown): ReadonlyMap<string, T | null> | null {
  if (value === undefined) return new Map();
  const found = mapping(value);
  return found === null ? null : new Map(Object.entries(found).map(([id, each]) => [id, valid(schema, each)]));
}

const items = <T>(schema: z.ZodType<T>, value: unknown): readonly (T | null)[] =>
  Array.isArray(value) ? value.map((each: unknown) => valid(schema, each)) : [];

/** Which kind of service it is does not matter here: what is no key of its kind is told of elsewhere. */
const ownMetaSchema = agentSchema.pick({ meta: true, rules: true });

export type OwnMeta = z.infer<typeof ownMetaSchema>;

export function ownMetaOf(service: unknown): OwnMeta | null {
  const { meta, rules } = mapping(service) ?? {};
  return valid(ownMetaSchema, { meta, rules });
}
