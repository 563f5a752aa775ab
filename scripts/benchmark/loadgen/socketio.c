/* Engine.IO and Socket.IO, as they are under our own wire and under the peer's. */
#include "loadgen.h"

static void refused(struct client *client, const uint8_t *data, size_t length)
{
    char why[128];

    snprintf(why, sizeof why, "refused: %.*s", (int)length, (const char *)data);
    client_gone(client, why);
}

/* Engine.IO opens, the client says hello, and is in by the first event. */
void socketio_greet(struct client *client, const uint8_t *data, size_t length)
{
    if (begins(data, length, "0"))
        say(client, "%s", client->hello);
    else if (begins(data, length, "44"))
        refused(client, data, length);
    else if (begins(data, length, "42"))
        client_entered(client);
}

bool socketio_heartbeat(struct client *client, const uint8_t *data, size_t length)
{
    if (length != 1 || data[0] != '2')
        return false;
    totals.heartbeats++;
    say(client, "3");
    return true;
}

/* The peer passes on [SEAT,SLIDER,VALUE], as the bare relay does. */
void socketio_move(struct client *client, int slider, int value)
{
    say(client, "42[\"move\",[%d,%d,%d]]", client->place, slider, value);
}
