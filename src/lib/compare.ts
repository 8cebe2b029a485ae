/** Orders by code unit: the same on every machine, unlike `localeCompare`. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const byNumber = (a: number, b: number): number => a - b;

/** Distinct values in byte order: sort before deciding, so that insertion order never matters. */
export const sortedUnique = (values: Iterable<string>): string[] => [...new Set(values)].sort(byText);
