/** Codes of rooms and werkplaatsen: six characters without look-alikes, typed over from a chat or a wall. */

/** What is left of what someone typed or pasted: a whole link is as good as its code. */
export function normaliseCode(typed: string): string {
  const afterPath = /\/(?:mee|kamer)\/([^/?#\s]+)/i.exec(typed);
  return (afterPath?.[1] ?? typed).replace(/[^0-9a-z]/gi, "").toLowerCase();
}

export const CODE_LENGTH = 6;

/** In two groups of three, as it is easiest to read aloud. */
export function spellCode(code: string): string {
  return code.length === CODE_LENGTH ? `${code.slice(0, 3)} ${code.slice(3)}` : code;
}
