/** Which page an address asks for. Codes are in small letters, however they were typed. */
export type Route =
  | { page: "home" }
  | { page: "join"; code: string }
  | { page: "room"; code: string }
  | { page: "create" }
  | { page: "facilitator"; id: string }
  | { page: "links"; id: string }
  | { page: "accessibility" }
  | { page: "privacy" }
  | { page: "not-found" };

const FIXED: Record<string, Route> = {
  "": { page: "home" },
  begeleider: { page: "create" },
  toegankelijkheid: { page: "accessibility" },
  privacy: { page: "privacy" },
};

function decode(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

/** The route of a path such as `/kamer/K7M2QX`; a trailing slash is as good as none. */
export function routeOf(path: string): Route {
  const [first = "", second, third, ...more] = path.replace(/^\/+|\/+$/g, "").split("/");
  if (second === undefined) return FIXED[first] ?? { page: "not-found" };
  const value = decode(second);
  if (!value || more.length > 0) return { page: "not-found" };
  if (first === "begeleider" && third === "links") return { page: "links", id: value };
  if (third !== undefined) return { page: "not-found" };
  if (first === "mee") return { page: "join", code: value.toLowerCase() };
  if (first === "kamer") return { page: "room", code: value.toLowerCase() };
  if (first === "begeleider") return { page: "facilitator", id: value };
  return { page: "not-found" };
}
