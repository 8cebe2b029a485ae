/** Numbers in names count as numbers: `node2` comes before `node10`. Upper and lower case are the same. */
export function compareNodeNames(a: string, b: string): number {
  const left = partsOf(a);
  const right = partsOf(b);
  for (let i = 0; i < Math.min(left.length, right.length); i += 1) {
    const order = compareParts(left[i]!, right[i]!);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

const partsOf = (name: string): readonly string[] => name.toLowerCase().match(/\d+|\D/g) ?? [];

function compareParts(a: string, b: string): number {
  if (/^\d/.test(a) && /^\d/.test(b) && Number(a) !== Number(b)) return Number(a) - Number(b);
  return a < b ? -1 : Number(a > b);
}
