/** A role of the room together with how it looks: shape, letter and colour, so that no one needs the colour. */
import type { Role } from "../live/fields";
import { roleMark, type Mark } from "../ui/roles";

export interface RoleLook extends Role {
  letter: string;
  shape: Mark["shape"];
  /** Which role colours it takes; see tones.css. */
  tone: Mark["colour"];
}

export function roleLook(role: Role): RoleLook {
  const { letter, shape, colour } = roleMark(role.id, role.label);
  return { ...role, letter, shape, tone: colour };
}
