import { afterEach, describe, expect, it, vi } from "vitest";
import { api, ApiError, errorOf, messageOf } from "./api";

afterEach(() => vi.unstubAllGlobals());

function answer(status: number, body: unknown, type = "application/problem+json"): Response {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return new Response(status === 204 ? null : text, { status, headers: { "Content-Type": type } });
}

function serve(response: Response | Error) {
  const fetched = vi.fn<typeof fetch>(() => (response instanceof Error ? Promise.reject(response) : Promise.resolve(response)));
  vi.stubGlobal("fetch", fetched);
  return fetched;
}

describe("errors", () => {
  it("keeps the fields of a problem, and says the rest in Dutch", async () => {
    const errors = [{ field: "rooms[1].municipality", detail: "too long" }, { odd: true }];
    const error = await errorOf(answer(400, { title: "Bad Request", detail: "invalid", errors }));
    expect(error).toMatchObject({ status: 400, errors: [errors[0]] });
    expect(error.message).toContain("Kijk na");
  });

  it("survives a page of HTML from a proxy", async () => {
    const error = await errorOf(answer(502, "<html>Bad gateway</html>", "text/html"));
    expect(error).toMatchObject({ status: 502, errors: [] });
    expect(error.message).toContain("op de server");
  });

  it("tells a lost connection from a refusal", async () => {
    serve(new TypeError("Failed to fetch"));
    const error = await api.room("K7M2QX").catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 0 });
    expect(messageOf(error)).toContain("geen verbinding");
  });

  it("takes a success that is no JSON for a lost connection", async () => {
    serve(answer(200, "<html>Log in op het gastnetwerk</html>", "text/html"));
    await expect(api.about()).rejects.toMatchObject({ status: 0 });
  });

  it("has a sentence for what was never meant to be thrown", () => {
    expect(messageOf(new Error("bug"))).toContain("Er ging iets mis");
  });
});

describe("requests", () => {
  it("puts a secret in the header, never in the address", async () => {
    const fetched = serve(answer(204, null));
    await api.freeSeat("K7M2QX", "fysiek", "geheim");
    const [path, init] = fetched.mock.calls[0] ?? [];
    expect(path).toBe("/api/v1/rooms/K7M2QX/seats/fysiek");
    expect(init).toMatchObject({ method: "DELETE", credentials: "omit", headers: { Authorization: "Bearer geheim" } });
  });

  it("escapes whatever someone typed as a code", async () => {
    const fetched = serve(answer(200, {}));
    await api.join("../rooms?x");
    expect(fetched.mock.calls[0]?.[0]).toBe("/api/v1/join/..%2Frooms%3Fx");
  });
});
