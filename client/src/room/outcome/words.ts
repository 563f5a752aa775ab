/** The outcome in words: the verdict, and why. Pure, so that the report and the tests can lean on it. */
import type { ExerciseContent, Match, Profile, RankedProfile } from "../../live/wire";
import { list } from "../../panel/words";
import type { About } from "../../live/fields";

/** "de participatieve gemeente": inside a sentence. */
export function withArticle(profile: Profile): string {
  return `de ${profile.name.charAt(0).toLowerCase()}${profile.name.slice(1)}`;
}

export function profileOf(content: ExerciseContent, id: string | undefined): Profile | null {
  return content.profiles?.find((profile) => profile.id === id) ?? null;
}

/** Who the outcome is about: a panel on a case, or on nothing that was chosen, makes no claim on the municipality. */
function subject(about: About | null): string {
  if (about === "case") return "In deze casus werken jullie";
  return about === "municipality" ? "Jullie gemeente werkt" : "Jullie werken";
}

/** What was chosen before the first slider, as it stands above the outcome. */
export function aboutWords(about: About | null): string {
  if (about === "case") return "over jullie casus";
  return about === "municipality" ? "over de hele gemeente" : "waarover is niet gekozen";
}

export interface Headline {
  title: string;
  /** The profile that the text tells about, where it tells about a profile. */
  of?: string;
  text: string;
}

/** The match, first in words. */
export function headline(match: Match, content: ExerciseContent, about: About | null): Headline {
  const [first, second] = match.ranking.map((one) => profileOf(content, one.profile));
  if (!first) return { title: "Er is nog geen beeld", text: "Er staan nog geen schuiven die we kunnen vergelijken." };
  switch (match.verdict) {
    case "incomplete":
      return {
        title: `Voorlopig: het meest als ${withArticle(first)}`,
        text: "Nog niet elke schuif heeft een stand. Het beeld kan dus nog veranderen.",
      };
    case "open":
      return {
        title: "Er zijn nog weinig keuzes gemaakt",
        text: `Alle schuiven staan rond het midden. ${subject(about)} nog niet duidelijk op één manier. Het dichtst bij staat ${withArticle(first)}, maar dat zegt nu weinig.`,
      };
    case "own":
      return {
        title: `Een eigen mengsel, het meest als ${withArticle(first)}`,
        text: "Jullie passen niet in één profiel, en dat hoeft ook niet: de profielen zijn uitvergroot.",
      };
    case "between":
      return {
        title: `Tussen ${withArticle(first)} en ${second ? withArticle(second) : "een ander profiel"}`,
        text: "Deze twee liggen zo dicht bij elkaar dat er geen eerste is. Kijk welke jullie meer herkennen.",
      };
    case "clear":
      return { title: clearTitle(first, about), of: first.name, text: first.summary };
  }
}

function clearTitle(profile: Profile, about: About | null): string {
  return about === "case"
    ? `In deze casus werken jullie zoals een ${profile.name.charAt(0).toLowerCase()}${profile.name.slice(1)}`
    : `Jullie ${about === "municipality" ? "gemeente" : "paneel"} lijkt het meest op ${withArticle(profile)}`;
}

/** Where a ranked profile fits and where it does not, in panel order. */
export function recognise(ranked: RankedProfile, profile: Profile) {
  const rows = profile.bands.flatMap((band) => {
    const one = ranked.sliders?.[band.slider];
    return one ? [{ band, value: one.value, distance: one.distance }] : [];
  });
  return { same: rows.filter((row) => row.distance === 0), other: rows.filter((row) => row.distance > 0) };
}

/** Beside a value that nobody agreed to. A median never passes for a consensus. */
export function openText(value: number | null, median: number | null): string {
  const middle = value !== null && median !== null && value === Math.floor(median + 0.5);
  return middle ? "het midden van jullie standen, niet afgesproken" : "niet afgesproken";
}

/** In points: at most this is close to the border; from a zone of the scale on it is far from it. */
const SMALL_STEP = 10;
const LARGE_STEP = 34;

/** What the size of the smallest step tells; only a clear picture can be firm. */
export function stepWords(verdict: Match["verdict"], points: number): string {
  if (verdict !== "clear") return "";
  if (points <= SMALL_STEP) return "Dat is een kleine stap: jullie staan dicht bij de grens.";
  return points >= LARGE_STEP ? "Dat is een flinke stap: jullie beeld is stevig." : "";
}

/** "laag", "laag tot midden", "top": a band as a word. */
export function bandWord(low: number, high: number): string {
  if (low >= 84) return "helemaal bovenaan";
  const zone = (value: number) => (value <= 33 ? "laag" : value <= 66 ? "midden" : "hoog");
  return zone(low) === zone(high) ? zone(low) : `${zone(low)} tot ${zone(high)}`;
}

/** What it means that seats see the same profile, or another. `groups`: per profile the roles that see it first. */
export function seatSentence(groups: { labels: string[] }[]): string {
  const [first] = groups;
  if (groups.length < 2) {
    return (first?.labels.length ?? 0) < 2 ? "" : "Vanuit jullie eigen stoel zien jullie hetzelfde profiel.";
  }
  const pair = groups.find((group) => group.labels.length > 1);
  const others = groups.filter((group) => group !== pair).flatMap((group) => group.labels);
  const seen = pair
    ? `${list(pair.labels)} zien hetzelfde profiel, ${list(others)} een ander.`
    : "Ieder van jullie ziet een ander profiel.";
  return `${seen} Dat is op zich al een uitkomst. Waar komt het door?`;
}
