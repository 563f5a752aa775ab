/* The client's half of RFC 6455, as far as servers use it who are asked for no extension. */
#define _GNU_SOURCE
#include "loadgen.h"

#include <string.h>

#define LONGEST 65535 /* of what is sent */

/* Any key and any mask will do: both are there for proxies, of which there is none. */
static const char request[] = "GET %s HTTP/1.1\r\n"
                              "Host: 127.0.0.1:%d\r\n"
                              "Upgrade: websocket\r\n"
                              "Connection: Upgrade\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                              "Sec-WebSocket-Version: 13\r\n\r\n";
static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};

void websocket_upgrade(struct client *client)
{
    char text[1024];
    int length = snprintf(text, sizeof text, request, client->path, settings.port);

    if (length >= (int)sizeof text)
        fail("a path of the plan is too long");
    client_send(client, text, (size_t)length);
}

void websocket_send(struct client *client, enum opcode opcode, const void *data, size_t length)
{
    static uint8_t frame[LONGEST + 8];
    const uint8_t *bytes = data;
    size_t head = 2;

    if (length > LONGEST)
        fail("a message to send is too long");
    frame[0] = (uint8_t)(0x80 | opcode);
    if (length < 126) {
        frame[1] = (uint8_t)(0x80 | length);
    } else {
        frame[1] = 0x80 | 126;
        frame[2] = (uint8_t)(length >> 8);
        frame[3] = (uint8_t)length;
        head = 4;
    }
    memcpy(frame + head, mask, 4);
    head += 4;
    for (size_t i = 0; i < length; i++)
        frame[head + i] = bytes[i] ^ mask[i % 4];
    client_send(client, frame, head + length);
}

/* How long the answer to the upgrade is; 0 while it is not all there. */
static size_t read_answer(struct client *client)
{
    const struct bytes *in = &client->in;
    uint8_t *end = memmem(in->data, in->length, "\r\n\r\n", 4);

    if (!end)
        return 0;
    if (memcmp(in->data, "HTTP/1.1 101", 12)) {
        fprintf(stderr, "%.*s\n", (int)(end - in->data), (char *)in->data);
        client_gone(client, "it did not become a WebSocket");
        return 0;
    }
    client->state = GREETING;
    if (settings.wire->hello_first)
        settings.wire->greet(client, NULL, 0);
    return (size_t)(end + 4 - in->data);
}

static void read_frame(struct client *client, int first, const uint8_t *data, size_t length, uint64_t now)
{
    switch (first) {
    case 0x80 | TEXT:
    case 0x80 | BINARY:
        wire_heard(client, data, length, now);
        break;
    case 0x80 | PING:
        totals.heartbeats++;
        websocket_send(client, PONG, data, length);
        break;
    case 0x80 | PONG:
        break;
    case 0x80 | CLOSE:
        client_gone(client, "the server said goodbye");
        break;
    default: /* a part of a message, or a compressed one: nobody asked for those */
        client_gone(client, "a frame of an unknown kind");
    }
}

/* The length of a frame's head and content; false while the head is not all there. */
static bool measure(const uint8_t *frame, size_t there, size_t *head, size_t *length)
{
    int bytes;

    if (there < 2)
        return false;
    *length = frame[1] & 127;
    bytes = *length == 126 ? 2 : *length == 127 ? 8 : 0;
    *head = 2 + (size_t)bytes;
    if (there < *head)
        return false;
    if (bytes)
        *length = 0;
    for (int i = 0; i < bytes; i++)
        *length = *length << 8 | frame[2 + i];
    return true;
}

/* Takes in every message that is there as a whole; how many bytes they were. */
size_t websocket_read(struct client *client, uint64_t now)
{
    const struct bytes *in = &client->in;
    size_t used = 0, head, length;

    if (client->state == UPGRADING)
        used = read_answer(client);
    if (client->state == UPGRADING)
        return 0;
    while (client->state != GONE && measure(in->data + used, in->length - used, &head, &length) &&
           in->length - used >= head + length) {
        const uint8_t *frame = in->data + used;

        read_frame(client, frame[0], frame + head, length, now);
        used += head + length;
    }
    return used;
}
