// A bare relay: what comes in goes to the others in the room, unread. Nothing can be simpler, so if this
// carries a rate, the load generator does too.
import { WebSocketServer } from "ws";

const BACKLOG = 1024;
const rooms = new Map();

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, backlog: BACKLOG, perMessageDeflate: false });

server.on("connection", (socket, request) => {
  const name = new URL(request.url, "http://localhost").searchParams.get("room");
  const room = rooms.get(name) ?? new Set();
  rooms.set(name, room.add(socket));
  socket.on("message", (data) => {
    for (const other of room) if (other !== socket) other.send(data, { binary: false });
  });
  socket.on("close", () => room.delete(socket));
});

server.on("listening", () => console.log(`runs at http://127.0.0.1:${server.address().port}`));
