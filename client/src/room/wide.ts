/** Is there room for a column beside the panel? Asked once: what stands open does not close while one reads. */
export function wideScreen(): boolean {
  return matchMedia("(min-width: 76rem)").matches;
}
