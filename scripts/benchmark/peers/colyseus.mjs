// Colyseus with the sliders of each seat in the state of its room, which it sends as patches each 50 ms.
//
// A slider holds the seat's place times 128 plus the value: so the load generator can tell whose it is,
// without keeping account of the numbers that Colyseus gives to its objects.
import { createServer } from "node:http";
import { Room, Server } from "@colyseus/core";
import { ArraySchema, Schema, defineTypes } from "@colyseus/schema";
import { WebSocketTransport } from "@colyseus/ws-transport";

const BACKLOG = 1024;
const PATCH_RATE = 50;
const SEATS = 12;
const SLIDERS = ["positionering", "proces-gemeente", "proces-bewoners", "bestuur", "communicatie"];
const SEAT_STEP = 128;

class Seat extends Schema {}
defineTypes(Seat, Object.fromEntries(SLIDERS.map((slider) => [slider, "uint16"])));

class Panel extends Schema {
  constructor() {
    super();
    this.seats = new ArraySchema(); // not as a field of the class: that would hide the schema's own setter
  }
}
defineTypes(Panel, { seats: [Seat] });

class PanelRoom extends Room {
  state = new Panel();
  patchRate = PATCH_RATE;
  seatReservationTimeout = 600; // all seats are reserved before the first connects

  onCreate() {
    for (let place = 0; place < SEATS; place++) this.state.seats.push(new Seat());
    this.onMessage("m", (client, [slider, value]) => {
      const { place } = client.userData;
      this.state.seats[place][SLIDERS[slider]] = place * SEAT_STEP + value;
    });
  }

  onJoin(client, { place }) {
    client.userData = { place };
  }
}

const http = createServer();
const server = new Server({ transport: new WebSocketTransport({ server: http }), greet: false });
server.define("panel", PanelRoom);
await server.listen(0, "127.0.0.1", BACKLOG);
console.log(`runs at http://127.0.0.1:${http.address().port}`);
