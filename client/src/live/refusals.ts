/** What a refusal means for the person at the slider. The server's own words are for programmers. */
const SENTENCES: Record<string, string> = {
  "wrong-phase": "De stap is al voorbij. Je ziet nu wat is opgeslagen.",
  locked: "De begeleider heeft de kamer even stilgezet.",
  "not-allowed": "Dit kan niet vanaf jouw stoel.",
  invalid: "Dit kon niet worden opgeslagen. Je ziet nu wat wel is opgeslagen.",
  "too-large": "Deze tekst is te lang.",
  "too-fast": "Dit gaat even te snel. We proberen het zo opnieuw.",
  unavailable: "De server kan nu niet opslaan. We proberen het zo opnieuw.",
  offline: "Er is nu geen verbinding. Probeer het zo opnieuw.",
  "no-answer": "De server gaf geen antwoord. Probeer het opnieuw.",
};

export function refusalSentence(code: string): string {
  return SENTENCES[code] ?? "Dit lukte niet. Probeer het opnieuw.";
}
