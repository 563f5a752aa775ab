/* Mengpaneel's own wire (docs/protocol.md): "position/ROUND/ROLE/SLIDER":VALUE in every frame. */
#define _GNU_SOURCE
#include "loadgen.h"

#include <string.h>

static const char *const slider_names[SLIDERS] = {
    "positionering", "proces-gemeente", "proces-bewoners", "bestuur", "communicatie",
};

void mengpaneel_move(struct client *client, int slider, int value)
{
    say(client, "42/room,[\"move\",{\"slider\":\"%s\",\"value\":%d}]", slider_names[slider], value);
}

static bool equal(const char *name, const uint8_t *text, size_t length)
{
    return strlen(name) == length && !memcmp(name, text, length);
}

static int slider_named(const uint8_t *text, size_t length)
{
    for (int slider = 0; slider < SLIDERS; slider++)
        if (equal(slider_names[slider], text, length))
            return slider;
    return -1;
}

static int mover_named(const struct room *room, const uint8_t *text, size_t length)
{
    for (int mover = 0; mover < room->movers; mover++)
        if (equal(room->people[mover].seat, text, length))
            return mover;
    return -1;
}

/* From behind `"position/`: the part up to the next mark, and `*at` behind that. */
static const uint8_t *read_part(const uint8_t **at, const uint8_t *end, char mark, size_t *length)
{
    const uint8_t *from = *at, *found = memchr(from, mark, (size_t)(end - from));

    if (!found)
        return NULL;
    *length = (size_t)(found - from);
    *at = found + 1;
    return from;
}

static void read_position(struct client *client, const uint8_t **at, const uint8_t *end, uint64_t now)
{
    size_t round, role, slider;
    const uint8_t *role_at, *slider_at;
    int mover, moved, value;

    if (!read_part(at, end, '/', &round) || !(role_at = read_part(at, end, '/', &role)) ||
        !(slider_at = read_part(at, end, '"', &slider)) || *at >= end || **at != ':')
        return;
    ++*at;
    value = read_number(at, end);
    mover = mover_named(client->room, role_at, role);
    moved = slider_named(slider_at, slider);
    if (mover >= 0 && moved >= 0)
        ledger_seen(client, mover, moved, value, now);
}

void mengpaneel_read(struct client *client, const uint8_t *data, size_t length, uint64_t now)
{
    static const char key[] = "\"position/";
    const uint8_t *at = data, *end = data + length;

    if (begins(data, length, "42/room,[\"refused\""))
        totals.refused++;
    while ((at = memmem(at, (size_t)(end - at), key, sizeof key - 1))) {
        at += sizeof key - 1;
        read_position(client, &at, end, now);
    }
}
