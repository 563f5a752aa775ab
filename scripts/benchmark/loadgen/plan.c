/* The plan: a line for each connection, its parts with tabs in between.
 *
 *     person  ROOM  SEAT  PATH  HELLO
 *     watch   PATH  HELLO
 *
 * ROOM counts from 0, and the people of a room stand together. The first of each seat moves its
 * sliders, and these stand before all others of the room, who are further devices of the same seats. */
#include "loadgen.h"

#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 2048

static char *part(char **rest)
{
    char *found = strsep(rest, "\t");

    if (!found)
        fail("a line of the plan is too short");
    return found;
}

static void read_person(struct client *client, char *rest)
{
    int number = atoi(part(&rest));

    if (number == room_count)
        rooms[room_count++].people = client;
    else if (number != room_count - 1)
        fail("the plan jumps to room %d", number);
    client->room = &rooms[number];
    client->place = client->room->size++;
    snprintf(client->seat, SEAT_SIZE, "%s", part(&rest));
    client->path = strdup(part(&rest));
    client->hello = strdup(part(&rest));
}

static void read_watcher(struct client *client, char *rest)
{
    client->path = strdup(part(&rest));
    client->hello = strdup(part(&rest));
}

static void read_line(struct client *client, char *line)
{
    char *rest = line, *kind;

    line[strcspn(line, "\n")] = 0;
    client->fd = -1;
    kind = part(&rest);
    if (!strcmp(kind, "person"))
        read_person(client, rest);
    else if (!strcmp(kind, "watch"))
        read_watcher(client, rest);
    else
        fail("the plan has a line of kind %s", kind);
}

static bool sits_before(const struct room *room, const struct client *client)
{
    for (int place = 0; place < client->place; place++)
        if (!strcmp(room->people[place].seat, client->seat))
            return true;
    return false;
}

static void give_sliders(struct room *room)
{
    while (room->movers < room->size && room->movers < MOVERS &&
           !sits_before(room, &room->people[room->movers]))
        room->people[room->movers++].tracks = must_allocate(SLIDERS, sizeof(struct track));
    for (int place = 0; place < room->size; place++)
        room->people[place].seen = must_allocate((size_t)room->movers * SLIDERS, sizeof(uint32_t));
}

static int lines_of(FILE *file)
{
    char line[LINE_SIZE];
    int count = 0;

    while (fgets(line, sizeof line, file))
        count++;
    rewind(file);
    return count;
}

void read_plan(void)
{
    FILE *file = fopen(settings.plan, "r");
    char line[LINE_SIZE];

    if (!file)
        fail("the plan %s cannot be read", settings.plan);
    client_count = lines_of(file);
    clients = must_allocate((size_t)client_count, sizeof *clients);
    rooms = must_allocate((size_t)client_count, sizeof *rooms);
    for (int i = 0; fgets(line, sizeof line, file); i++)
        read_line(&clients[i], line);
    fclose(file);
    for (int i = 0; i < room_count; i++)
        give_sliders(&rooms[i]);
}
