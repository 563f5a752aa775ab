import { describe, expect, it } from "vitest";
import { ownLink, tokenInHash } from "./access";

describe("the own link", () => {
  const token = "s3cr3t_TOKEN-of-enough-letters";

  it("carries the token after the #, where no server sees it", () => {
    expect(ownLink("k7m3qx", token, "https://voorbeeld.nl")).toBe(`https://voorbeeld.nl/kamer/k7m3qx#${token}`);
  });

  it("is read back, and an ordinary anchor is no token", () => {
    expect(tokenInHash(`#${token}`)).toBe(token);
    expect(tokenInHash("#inhoud")).toBeNull();
    expect(tokenInHash("")).toBeNull();
  });
});
