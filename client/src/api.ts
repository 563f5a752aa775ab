/** The HTTP interface `/api/v1`: typed calls, and one kind of error with a sentence for the user. */
import type {
  CodeInfo,
  Installation,
  Created,
  CreateWerkplaats,
  DeletionReceipt,
  ExerciseContent,
  FacilitatorToken,
  FieldError,
  JoinInfo,
  NewRooms,
  RoomInfo,
  RoomRequest,
  Seat,
  WerkplaatsState,
} from "./protocol.gen";

/** A call that failed. `status` is 0 when the server was not reached. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly errors: FieldError[] = [],
  ) {
    super(message);
    this.name = "ApiError";
  }
}

const UNREACHABLE =
  "We krijgen geen verbinding met de server. Wat je hebt ingevuld blijft staan. Controleer je internet en probeer het opnieuw.";

/** In milliseconds. No answer by then is as good as no connection: nobody waits before a button that does nothing. */
const ANSWER_WITHIN = 20_000;

/** What the user reads; the server's own words are for programmers. */
const SENTENCES: Record<number, string> = {
  400: "De server begrijpt deze gegevens niet. Kijk na wat je hebt ingevuld.",
  401: "Je hebt hier geen toegang toe.",
  403: "Dit mag hier niet, of deelnemen is gesloten.",
  404: "We kennen deze code of link niet.",
  409: "Deze stoel is al bezet.",
  413: "Dit is te veel in één keer. Maak de lijst korter.",
  429: "Er is te vaak een verkeerde code geprobeerd. Wacht een minuut en probeer het opnieuw.",
  503: "De server kan nu niet opslaan. Wat je hebt ingevuld blijft staan. Probeer het over een minuut opnieuw.",
};

/** The sentence for a status. */
export function sentenceFor(status: number): string {
  return SENTENCES[status] ?? "Er ging iets mis op de server. Probeer het over een minuut opnieuw.";
}

function isFieldError(value: unknown): value is FieldError {
  const entry = value as Partial<FieldError> | null;
  return typeof entry?.field === "string" && typeof entry.detail === "string";
}

/** The error of an answer that is not a success. Reads problem+json, and survives whatever a proxy sends instead. */
export async function errorOf(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null);
  const errors = (body as { errors?: unknown } | null)?.errors;
  return new ApiError(response.status, sentenceFor(response.status), Array.isArray(errors) ? errors.filter(isFieldError) : []);
}

interface Options {
  method?: "GET" | "POST" | "PATCH" | "DELETE";
  body?: unknown;
  /** Travels in the Authorization header, never in an address. */
  token?: string | undefined;
}

async function request<T>(path: string, { method = "GET", body, token }: Options = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json, application/problem+json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const signal = AbortSignal.timeout(ANSWER_WITHIN);
  const init: RequestInit = { method, headers, credentials: "omit", cache: "no-store", signal };
  if (body !== undefined) init.body = JSON.stringify(body);

  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, init);
  } catch {
    throw new ApiError(0, UNREACHABLE);
  }
  if (!response.ok) throw await errorOf(response);
  if (response.status === 204) return undefined as T;
  try {
    return (await response.json()) as T;
  } catch {
    throw new ApiError(0, UNREACHABLE);
  }
}

const part = encodeURIComponent;

export const api = {
  about: () => request<Installation>("/about"),

  /** The whole, or without what is only shown beside or after a panel. */
  exercise: (id: string, which: "panel" | "whole") =>
    request<ExerciseContent>(`/exercises/${part(id)}${which === "panel" ? "?panel=true" : ""}`),

  /** `key` where this installation limits who may make a werkplaats. */
  create: (body: CreateWerkplaats, key?: string) => request<Created>("/werkplaatsen", { method: "POST", body, token: key }),

  werkplaats: (id: string, token: string) => request<WerkplaatsState>(`/werkplaatsen/${part(id)}`, { token }),

  addRooms: (id: string, rooms: RoomRequest[], token: string) =>
    request<NewRooms>(`/werkplaatsen/${part(id)}/rooms`, { method: "POST", body: { rooms }, token }),

  /** A new secret for the facilitator; the old one is void from then on. */
  renewToken: (id: string, token: string) =>
    request<FacilitatorToken>(`/werkplaatsen/${part(id)}/token`, { method: "POST", token }),

  deleteWerkplaats: (id: string, token: string) =>
    request<DeletionReceipt>(`/werkplaatsen/${part(id)}`, { method: "DELETE", token }),

  /** What a typed code opens. */
  code: (code: string) => request<CodeInfo>(`/codes/${part(code)}`),

  join: (code: string) => request<JoinInfo>(`/join/${part(code)}`),

  room: (code: string) => request<RoomInfo>(`/rooms/${part(code)}`),

  takeSeat: (code: string, role: string, name: string | null) =>
    request<Seat>(`/rooms/${part(code)}/seats`, { method: "POST", body: { role, name } }),

  /** Frees a seat; `token` of the seat itself or of the facilitator. */
  freeSeat: (code: string, role: string, token: string) =>
    request<undefined>(`/rooms/${part(code)}/seats/${part(role)}`, { method: "DELETE", token }),
};

/** The sentence of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof ApiError ? error.message : sentenceFor(500);
}
