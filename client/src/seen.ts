/** Who looks on, in one line: one speaks freely only when one knows. */
export function seen(hidden: boolean): string {
  return hidden
    ? "De begeleider ziet live per rol hoe jullie schuiven staan, maar pas vanaf de stap Vergelijken."
    : "De begeleider ziet live per rol hoe jullie schuiven staan.";
}
