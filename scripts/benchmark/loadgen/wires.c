/* What the servers speak: Mengpaneel's own wire (docs/protocol.md), and those of the peers. */
#define _GNU_SOURCE
#include "loadgen.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const char *const slider_names[SLIDERS] = {
    "positionering", "proces-gemeente", "proces-bewoners", "bestuur", "communicatie",
};

static bool begins(const uint8_t *data, size_t length, const char *text)
{
    size_t wanted = strlen(text);

    return length >= wanted && !memcmp(data, text, wanted);
}

static void say(struct client *client, const char *text)
{
    websocket_send(client, TEXT, text, strlen(text));
}

static void say_move(struct client *client, const char *format, ...)
{
    char text[128];
    va_list parts;
    int length;

    va_start(parts, format);
    length = vsnprintf(text, sizeof text, format, parts);
    va_end(parts);
    websocket_send(client, TEXT, text, (size_t)length);
}

/* A number at `*at`, which is moved behind it; -1 if there is none. */
static int read_number(const uint8_t **at, const uint8_t *end)
{
    int number = -1;

    while (*at < end && **at >= '0' && **at <= '9' && number < 100000)
        number = (number < 0 ? 0 : number * 10) + *(*at)++ - '0';
    return number;
}

/* ---- Engine.IO and Socket.IO, under our wire and under the peer's ---- */

static void refused(struct client *client, const uint8_t *data, size_t length)
{
    char why[128];

    snprintf(why, sizeof why, "refused: %.*s", (int)length, (const char *)data);
    client_gone(client, why);
}

/* Engine.IO opens, the client says hello, and is in by the first event. */
static void socketio_greet(struct client *client, const uint8_t *data, size_t length)
{
    if (begins(data, length, "0"))
        say(client, client->hello);
    else if (begins(data, length, "44"))
        refused(client, data, length);
    else if (begins(data, length, "42"))
        client_entered(client);
}

static bool socketio_heartbeat(struct client *client, const uint8_t *data, size_t length)
{
    if (length != 1 || data[0] != '2')
        return false;
    totals.heartbeats++;
    say(client, "3");
    return true;
}

/* ---- Mengpaneel: "position/ROUND/ROLE/SLIDER":VALUE in every frame ---- */

static void mengpaneel_move(struct client *client, int slider, int value)
{
    say_move(client, "42/room,[\"move\",{\"slider\":\"%s\",\"value\":%d}]", slider_names[slider], value);
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

static void mengpaneel_read(struct client *client, const uint8_t *data, size_t length, uint64_t now)
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

/* ---- the peers in plain text: [SEAT,SLIDER,VALUE] ---- */

static void socketio_move(struct client *client, int slider, int value)
{
    say_move(client, "42[\"move\",[%d,%d,%d]]", client->place, slider, value);
}

static void relay_move(struct client *client, int slider, int value)
{
    say_move(client, "[%d,%d,%d]", client->place, slider, value);
}

static void text_read(struct client *client, const uint8_t *data, size_t length, uint64_t now)
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

static void relay_greet(struct client *client, const uint8_t *data, size_t length)
{
    (void)data, (void)length;
    client_entered(client);
}

/* ---- Colyseus: binary patches of the room's state ----
 *
 * In the state each slider of a seat is a 16-bit number, the seat's place times 128 plus the value, so
 * that a field tells whose it is. A patch is, for each object that changed, 255 and the object's number,
 * and then for each field an operation with the field's index, and its content. */

enum { JOIN_ROOM = 10, ROOM_DATA = 13, ROOM_STATE_PATCH = 15, SWITCH_TO_OBJECT = 255, INDEX = 63 };

static void colyseus_greet(struct client *client, const uint8_t *data, size_t length)
{
    const uint8_t joined = JOIN_ROOM;

    if (length == 0 || data[0] != JOIN_ROOM)
        return;
    websocket_send(client, BINARY, &joined, 1);
    client_entered(client);
}

static void colyseus_move(struct client *client, int slider, int value)
{
    /* The name of the message as a string, and its content as a list of two, in MessagePack. */
    const uint8_t message[] = {ROOM_DATA, 0xa1, 'm', 0x92, (uint8_t)slider, (uint8_t)value};

    websocket_send(client, BINARY, message, sizeof message);
}

static void colyseus_read(struct client *client, const uint8_t *data, size_t length, uint64_t now)
{
    const uint8_t *at = data + 1, *end = data + length;

    if (length == 0 || data[0] != ROOM_STATE_PATCH)
        return;
    while (end - at >= 2) {
        if (at[0] == SWITCH_TO_OBJECT) {
            if (at[1] >= 128)
                fail("a Colyseus room with more objects than are expected");
            at += 2;
        } else if (end - at >= 3) {
            int slider = at[0] & INDEX, packed = at[1] | at[2] << 8;

            if (slider < SLIDERS && packed / 128 < client->room->movers)
                ledger_seen(client, packed / 128, slider, packed % 128, now);
            at += 3;
        } else {
            return;
        }
    }
}

static const struct wire wires[] = {
    {"mengpaneel", socketio_greet, mengpaneel_move, mengpaneel_read, false},
    {"socketio", socketio_greet, socketio_move, text_read, false},
    {"relay", relay_greet, relay_move, text_read, true},
    {"colyseus", colyseus_greet, colyseus_move, colyseus_read, false},
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
    if (settings.wire->read != colyseus_read && socketio_heartbeat(client, data, length))
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
