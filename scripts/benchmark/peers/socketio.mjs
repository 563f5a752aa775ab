// socket.io as its manual has it: one emit to the room for each move.
import { createServer } from "node:http";
import { Server } from "socket.io";

const BACKLOG = 1024;
const http = createServer();
const io = new Server(http, { transports: ["websocket"], perMessageDeflate: false, serveClient: false });

io.on("connection", (socket) => {
  const { room } = socket.handshake.auth;
  socket.join(room);
  socket.on("move", (move) => socket.to(room).emit("move", move));
  socket.emit("joined");
});

http.listen(0, "127.0.0.1", BACKLOG, () => console.log(`runs at http://127.0.0.1:${http.address().port}`));
