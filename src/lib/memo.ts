/**
 * Remembers the last answer of a pure function, for what one step asks several times about values that are never changed in
 * place. They are compared by identity.
 */
export function lastAnswer<A, B, R>(answer: (a: A, b: B) => R): (a: A, b: B) => R {
  let last: { readonly a: A; readonly b: B; readonly result: R } | null = null;
  return (a, b) => {
    if (last === null || last.a !== a || last.b !== b) last = { a, b, result: answer(a, b) };
    return last.result;
  };
}
