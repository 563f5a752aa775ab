/** How a role looks: everywhere the same shape, letter and colour. */
export type Shape = "circle" | "square" | "triangle" | "diamond";

export interface Mark {
  shape: Shape;
  letter: string;
  /** Names the tokens `--mp-role-…`. */
  colour: "wijkambtenaar" | "sociaal" | "fysiek" | "other";
}

const TRIO: Record<string, Mark> = {
  wijkambtenaar: { shape: "circle", letter: "W", colour: "wijkambtenaar" },
  sociaal: { shape: "square", letter: "S", colour: "sociaal" },
  fysiek: { shape: "triangle", letter: "F", colour: "fysiek" },
};

/** The mark of a role; every role outside the trio is a diamond with the first letter of its name. */
export function roleMark(id: string, label: string = id): Mark {
  return TRIO[id] ?? { shape: "diamond", letter: (label || id).charAt(0).toUpperCase(), colour: "other" };
}
