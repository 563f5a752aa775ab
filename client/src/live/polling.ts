/** Socket.IO's own client, by long polling: for where a proxy stops every WebSocket. */
import { io } from "socket.io-client";
import { WITHIN, type Address, type Wire } from "./socket";

/** A connection that is not open yet, and that does not try again by itself. */
export function openPolling({ namespace, query, auth }: Address): Wire {
  return io(namespace, {
    auth,
    query,
    transports: ["polling"],
    forceNew: true,
    autoConnect: false,
    reconnection: false,
    timeout: WITHIN,
  }) as unknown as Wire;
}
