/** The addresses people get, and the text block with all of them. */

export const joinPath = (code: string) => `/mee/${code}`;
export const roomPath = (code: string) => `/kamer/${code}`;
/** The secret stands behind the #, where it reaches no server and no log. */
export const facilitatorPath = (id: string, token: string) => `/begeleider/${id}#${token}`;
export const qrOfJoin = (code: string) => `/api/v1/join/${code}/qr.svg`;
export const qrOfRoom = (code: string) => `/api/v1/rooms/${code}/qr.svg`;

interface Room {
  code: string;
  municipality: string;
  case?: string | null;
}

/** A name for each room: the municipality, with the case where a municipality has more rooms. */
export function roomName(room: Room, all: readonly Room[]): string {
  const twice = all.filter((other) => other.municipality === room.municipality).length > 1;
  return twice && room.case ? `${room.municipality} (${room.case})` : room.municipality;
}

/** Plain text for the chat of a video call. */
export function chatText(title: string, rooms: readonly Room[], origin: string): string {
  const lines = rooms.map((room) => `${roomName(room, rooms)}: ${origin}${roomPath(room.code)}`);
  return [`${title}: open de link van jouw gemeente`, ...lines].join("\n");
}
