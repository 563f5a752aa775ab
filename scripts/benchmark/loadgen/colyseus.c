/* Colyseus: binary patches of the state of a room.
 *
 * In the state each slider of a seat is a 16-bit number, the seat's place times 128 plus the value, so
 * that a field tells whose it is. A patch is, for each object that changed, 255 and the object's number,
 * and then for each field an operation with the field's index, and its content. */
#include "loadgen.h"

enum { JOIN_ROOM = 10, ROOM_DATA = 13, ROOM_STATE_PATCH = 15, SWITCH_TO_OBJECT = 255, INDEX = 63 };

void colyseus_greet(struct client *client, const uint8_t *data, size_t length)
{
    const uint8_t joined = JOIN_ROOM;

    if (length == 0 || data[0] != JOIN_ROOM)
        return;
    websocket_send(client, BINARY, &joined, 1);
    client_entered(client);
}

void colyseus_move(struct client *client, int slider, int value)
{
    /* The name of the message as a string, and its content as a list of two, in MessagePack. */
    const uint8_t message[] = {ROOM_DATA, 0xa1, 'm', 0x92, (uint8_t)slider, (uint8_t)value};

    websocket_send(client, BINARY, message, sizeof message);
}

void colyseus_read(struct client *client, const uint8_t *data, size_t length, uint64_t now)
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
