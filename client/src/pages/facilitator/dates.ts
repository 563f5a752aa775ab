const DAY = new Intl.DateTimeFormat("nl-NL", { day: "numeric", month: "long", year: "numeric" });
const MOMENT = new Intl.DateTimeFormat("nl-NL", { dateStyle: "long", timeStyle: "short" });

function format(formatter: Intl.DateTimeFormat, time: string): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? time : formatter.format(date);
}

/** "20 februari 2027". */
export function dateWords(time: string): string {
  return format(DAY, time);
}

/** "22 november 2026 om 11:08". */
export function momentWords(time: string): string {
  return format(MOMENT, time);
}
