/* A bare relay: each message is [SEAT,SLIDER,VALUE], and goes to the others as it is. */
#define _GNU_SOURCE
#include "loadgen.h"

#include <string.h>

void relay_move(struct client *client, int slider, int value)
{
    say(client, "[%d,%d,%d]", client->place, slider, value);
}

void relay_read(struct client *client, const uint8_t *data, size_t length, uint64_t now)
{
    const uint8_t *end = data + length, *at = memrchr(data, '[', length);
    int parts[3];

    if (!at)
        return;
    for (int i = 0; i < 3; i++) {
        at++; /* the bracket, or a comma */
        parts[i] = read_number(&at, end);
    }
    if (parts[0] >= 0 && parts[0] < client->room->movers && parts[1] >= 0 && parts[1] < SLIDERS)
        ledger_seen(client, parts[0], parts[1], parts[2], now);
}

void relay_greet(struct client *client, const uint8_t *data, size_t length)
{
    (void)data, (void)length;
    client_entered(client);
}
