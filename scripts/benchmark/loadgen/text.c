/* Messages in text: to write them, and to find something in them. */
#include "loadgen.h"

#include <stdarg.h>
#include <string.h>

bool begins(const uint8_t *data, size_t length, const char *text)
{
    size_t wanted = strlen(text);

    return length >= wanted && !memcmp(data, text, wanted);
}

void say(struct client *client, const char *format, ...)
{
    char text[512];
    va_list parts;
    int length;

    va_start(parts, format);
    length = vsnprintf(text, sizeof text, format, parts);
    va_end(parts);
    if (length >= (int)sizeof text)
        fail("a message to send is too long");
    websocket_send(client, TEXT, text, (size_t)length);
}

/* A number at `*at`, which is moved behind it; -1 if there is none. */
int read_number(const uint8_t **at, const uint8_t *end)
{
    int number = -1;

    while (*at < end && **at >= '0' && **at <= '9' && number < 100000)
        number = (number < 0 ? 0 : number * 10) + *(*at)++ - '0';
    return number;
}
