import { describe, expect, it } from "vitest";
import { routeOf } from "./routes";

describe("routeOf", () => {
  it.each([
    ["/", { page: "home" }],
    ["", { page: "home" }],
    ["/mee/K7M4QX", { page: "join", code: "k7m4qx" }],
    ["/kamer/k7m4qx/", { page: "room", code: "k7m4qx" }],
    ["/begeleider", { page: "create" }],
    ["/begeleider/abc-1", { page: "facilitator", id: "abc-1" }],
    ["/begeleider/abc-1/links", { page: "links", id: "abc-1" }],
    ["/toegankelijkheid", { page: "accessibility" }],
    ["/privacy/", { page: "privacy" }],
  ])("reads %s", (path, route) => {
    expect(routeOf(path)).toEqual(route);
  });

  it.each(["/mee", "/kamer", "/kamer/A/B", "/nergens", "/privacy/x", "/mee/%E0%A4%A", "/begeleider/a/b/c"])(
    "does not know %s",
    (path) => {
      expect(routeOf(path)).toEqual({ page: "not-found" });
    },
  );

  it("decodes what stands in the address", () => {
    expect(routeOf("/mee/a%20b")).toEqual({ page: "join", code: "a b" });
  });
});
