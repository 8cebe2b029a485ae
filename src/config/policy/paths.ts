/** What is written where: the entries of the file that services are made from, and the locations in all their places. */
import type { Path } from '../places.ts';
import type { Sections } from '../sections.ts';
import type { LocationFile } from './constraintSchema.ts';
import type { OwnMeta } from './sections.ts';

export interface EntryAt {
  readonly path: Path;
  readonly entry: OwnMeta;
}

/** Services say what they inherit too: only what they say themselves is theirs. */
export function entriesWithPaths({ own, policy }: Sections): EntryAt[] {
  return [
    ...[policy.defaults].flatMap((entry) => (entry == null ? [] : [{ path: ['defaults'], entry }])),
    ...named('templates', policy.templates ?? new Map<string, EntryAt['entry'] | null>()),
    ...named('groups', policy.groups ?? new Map<string, EntryAt['entry'] | null>()),
    ...named('services', own),
  ];
}

const named = (part: string, entries: ReadonlyMap<string, EntryAt['entry'] | null>): EntryAt[] =>
  [...entries].flatMap(([id, entry]) => (entry === null ? [] : [{ path: [part, id], entry }]));

export interface LocationAt {
  readonly path: Path;
  readonly file: LocationFile;
  /** What it is about, where that is not said in it: the service or group that it stands in. */
  readonly owner: string | null;
}

export function locationsWithPaths({ services, policy }: Sections): LocationAt[] {
  const inside = (
    part: string,
    entries: Iterable<readonly [string, { location?: LocationFile[] | undefined } | null]>,
  ) =>
    [...entries].flatMap(([owner, entry]) =>
      (entry?.location ?? []).map((file, index) => ({ path: [part, owner, 'location', index], file, owner })),
    );
  return [
    ...inside('services', services),
    ...inside('groups', policy.groups ?? []),
    ...policy.locations.flatMap((file, index) =>
      file === null ? [] : [{ path: ['constraints', 'location', index], file, owner: null }],
    ),
  ];
}
