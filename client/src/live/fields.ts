/** Typed reading of the room's flat map of fields. Every key of the wire is spelled here and nowhere else. */
import type { Fields } from "./wire";

export type Position = number | "unknown";
export type Phase = "place" | "compare" | "agree" | "outcome";
export type About = "municipality" | "case";
export interface Role { id: string; label: string }
export interface Round { id: string; exercise: string; label: string; order?: number }
export interface Seat { name: string | null; since: string }
export interface Step { phase: Phase; round: string }
export interface Settled { value: number | "differ"; roles: string[] }
export interface Help { since: string; claimed: string | null }
export interface Timer { ends_at: string; label: string | null }
export interface Announcement { id: string; text: string; at: string }

export const PHASES: readonly Phase[] = ["place", "compare", "agree", "outcome"];

export const key = {
  position: (round: string, role: string, slider: string) => `position/${round}/${role}/${slider}`,
  reason: (round: string, role: string, slider: string) => `reason/${round}/${role}/${slider}`,
  minority: (round: string, role: string, slider: string) => `minority/${round}/${role}/${slider}`,
  consensus: (round: string, slider: string) => `consensus/${round}/${slider}`,
  placed: (round: string, role: string, slider: string) => `placed/${round}/${role}/${slider}`,
};

function read<T>(fields: Fields, name: string): T | null {
  return (fields[name] as T | undefined) ?? null;
}

export const phase = (f: Fields): Phase => read<Phase>(f, "phase") ?? "place";
export const activeRound = (f: Fields): string => read<string>(f, "round") ?? "";
export const room = (f: Fields) =>
  read<{ title: string; municipality: string; case: string | null }>(f, "room") ?? { title: "", municipality: "", case: null };
export const roles = (f: Fields): Role[] => read<Role[]>(f, "roles") ?? [];
export const about = (f: Fields, round: string) => read<About>(f, `about/${round}`);
export const seat = (f: Fields, role: string) => read<Seat>(f, `seat/${role}`);
export const online = (f: Fields, role: string): boolean => f[`online/${role}`] === true;
export const position = (f: Fields, round: string, role: string, slider: string) =>
  read<Position>(f, key.position(round, role, slider));
export const placed = (f: Fields, round: string, role: string, slider: string): boolean =>
  f[key.placed(round, role, slider)] === true || position(f, round, role, slider) !== null;
export const reason = (f: Fields, round: string, role: string, slider: string) =>
  read<string>(f, key.reason(round, role, slider));
export const minority = (f: Fields, round: string, role: string, slider: string) =>
  read<string>(f, key.minority(round, role, slider));
export const done = (f: Fields, round: string, role: string): boolean => f[`done/${round}/${role}`] === true;
export const consensus = (f: Fields, round: string, slider: string) => read<number>(f, key.consensus(round, slider));
export const agreed = (f: Fields, round: string, role: string, slider: string) =>
  read<number | "differ">(f, `agreed/${round}/${role}/${slider}`);
export const settled = (f: Fields, round: string, slider: string) => read<Settled>(f, `settled/${round}/${slider}`);
export const proposal = (f: Fields, role: string) => read<Step>(f, `proposal/${role}`);
export const upcoming = (f: Fields) => read<Step & { at: string }>(f, "upcoming");
export const help = (f: Fields) => read<Help>(f, "help");
export const timer = (f: Fields) => read<Timer>(f, "timer");
export const announcement = (f: Fields) => read<Announcement>(f, "announcement");
export const locked = (f: Fields): boolean => f.locked === true;
export const steps = (f: Fields) => read<"seats" | "facilitator">(f, "steps") ?? "seats";
/** Is the optional slider on the neighbourhood itself part of the panel? */
export const withWijk = (f: Fields): boolean => f.wijk === true;

/** A round hides its positions until it is revealed; the server masks them, the screen only explains it. */
export const hidden = (f: Fields, round: string): boolean =>
  f.visibility === "hidden" && read<string>(f, `revealed/${round}`) === null;

/** The rounds in their own order; a map has none. */
export function rounds(f: Fields): Round[] {
  const found = Object.keys(f)
    .filter((name) => name.startsWith("rounds/"))
    .map((name) => ({ id: name.slice("rounds/".length), ...(f[name] as Omit<Round, "id">) }));
  return found.sort((a, b) => (a.order ?? 0) - (b.order ?? 0));
}

/** Seats that someone took, and of those the ones with a connection. */
export const occupied = (f: Fields): Role[] => roles(f).filter((r) => seat(f, r.id) !== null);
export const present = (f: Fields): Role[] => occupied(f).filter((r) => online(f, r.id));
