/** Values that stay the same object as long as they say the same, so that nothing is drawn again for them. */

type Keyed = Record<string, unknown>;

/** `after`, with every part of it that says the same as in `before` replaced by that part of `before`. */
export function keep<T>(before: T | undefined, after: T): T {
  if (before === after || !isKeyed(before) || !isKeyed(after)) return after;
  if (Array.isArray(before) !== Array.isArray(after)) return after;
  const names = Object.keys(after);
  let same = names.length === Object.keys(before).length;
  const kept: Keyed = Array.isArray(after) ? ([] as unknown as Keyed) : {};
  for (const name of names) {
    kept[name] = keep(before[name], after[name]);
    same &&= name in before && kept[name] === before[name];
  }
  return same ? before : (kept as T);
}

function isKeyed(value: unknown): value is Keyed {
  return typeof value === "object" && value !== null;
}

/** A computation of plain data that keeps what it found before, as far as that still holds. */
export function steady<T>(compute: () => T): () => T {
  let last: T | undefined;
  return () => (last = keep(last, compute()));
}
