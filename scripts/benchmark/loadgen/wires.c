/* What the servers speak, by name, and where a message goes that one of them sent. */
#include "loadgen.h"

#include <string.h>

static const struct wire wires[] = {
    {
        .name = "mengpaneel",
        .greet = socketio_greet,
        .heartbeat = socketio_heartbeat,
        .move = mengpaneel_move,
        .read = mengpaneel_read,
    },
    {
        .name = "socketio",
        .greet = socketio_greet,
        .heartbeat = socketio_heartbeat,
        .move = socketio_move,
        .read = relay_read,
    },
    {
        .name = "relay",
        .hello_first = true,
        .greet = relay_greet,
        .move = relay_move,
        .read = relay_read,
    },
    {
        .name = "colyseus",
        .greet = colyseus_greet,
        .move = colyseus_move,
        .read = colyseus_read,
    },
};

const struct wire *wire_named(const char *name)
{
    for (size_t i = 0; i < sizeof wires / sizeof *wires; i++)
        if (!strcmp(wires[i].name, name))
            return &wires[i];
    fail("no server speaks %s", name);
}

static void hear_overview(const uint8_t *data, size_t length, uint64_t now)
{
    if (!ledger_window(now) || !begins(data, length, "42/overview,[\"rooms\""))
        return;
    totals.overview_updates++;
    totals.overview_bytes += length;
}

/* A whole message, from the handshake on. */
void wire_heard(struct client *client, const uint8_t *data, size_t length, uint64_t now)
{
    if (settings.wire->heartbeat && settings.wire->heartbeat(client, data, length))
        return;
    if (client->state == GREETING) {
        settings.wire->greet(client, data, length);
    } else if (!client->room) {
        hear_overview(data, length, now);
    } else {
        if (ledger_window(now)) {
            totals.frames++;
            totals.bytes += length;
        }
        settings.wire->read(client, data, length, now);
    }
}
