/* What was sent, and who has seen it.
 *
 * A server may show only the newest of several values, so what counts for a move is the moment at which
 * somebody read it *or a later one* of the same slider. So each move has one moment for each other
 * person in the room: a server that stands still for a second and then shows only the last value is
 * slow for all the moves of that second, not for one.
 *
 * Values go round, 0 to 100 and again, so that each differs from the one before. A value that is read
 * stands for the oldest move that it can be. If somebody is behind by more than a round, it may be a
 * newer one; then the figures are too bad, never too good, and `uncertain` counts it. */
#include "loadgen.h"

static uint64_t start, begin = UINT64_MAX, end = UINT64_MAX;

void ledger_open(uint64_t at)
{
    start = at;
    begin = start + (uint64_t)(settings.warmup * 1e6);
    end = begin + (uint64_t)(settings.seconds * 1e6);
}

uint64_t ledger_begin(void)
{
    return begin;
}

uint64_t ledger_end(void)
{
    return end;
}

bool ledger_window(uint64_t now)
{
    return now >= begin && now < end;
}

static int value_of(uint32_t number)
{
    return (int)(number % CYCLE);
}

/* Notes a move that is going to be sent; the value to send. */
int ledger_send(struct client *client, int slider, uint64_t due)
{
    struct track *track = &client->tracks[slider];
    uint32_t number = ++track->moves;

    track->due[number % KEPT] = (uint32_t)(due - start);
    totals.moves_sent++;
    totals.moves_in_window += ledger_window(due);
    return value_of(number);
}

/* The oldest move after `last` that has this value; 0 if none was sent. */
static uint32_t number_of(const struct track *track, int value, uint32_t last)
{
    uint32_t ahead = (uint32_t)((value - value_of(last) + CYCLE) % CYCLE);

    if (ahead == 0)
        ahead = CYCLE;
    return last + ahead <= track->moves ? last + ahead : 0;
}

static uint64_t due_of(const struct track *track, uint32_t number)
{
    /* What is forgotten was due no later than the oldest that is remembered. */
    uint32_t oldest = track->moves > KEPT ? track->moves - KEPT + 1 : 1;

    return start + track->due[(number < oldest ? oldest : number) % KEPT];
}

/* Somebody read a value of another seat: they have seen all moves of that slider up to this one. */
void ledger_seen(struct client *client, int mover, int slider, int value, uint64_t now)
{
    const struct track *track = &client->room->people[mover].tracks[slider];
    uint32_t *last = &client->seen[mover * SLIDERS + slider];
    uint32_t number;

    if (mover == client->place || value < 0 || value >= CYCLE)
        return;
    number = number_of(track, value, *last);
    if (number == 0)
        return;
    if (track->moves - *last > CYCLE)
        totals.uncertain++;
    while (*last < number) {
        uint64_t due = due_of(track, ++*last);

        totals.seen++;
        if (ledger_window(due))
            histogram_add(&totals.seeing, now - due);
    }
}

/* Of each slider that was moved, each other person in the room has to have seen the last value. */
void ledger_missing(uint64_t *finals, uint64_t *lost, uint64_t *expected)
{
    *finals = *lost = *expected = 0;
    for (struct client *client = clients; client < clients + client_count; client++) {
        if (!client->room)
            continue;
        for (int mover = 0; mover < client->room->movers; mover++) {
            if (mover == client->place)
                continue;
            for (int slider = 0; slider < SLIDERS; slider++) {
                uint32_t moves = client->room->people[mover].tracks[slider].moves;
                uint32_t seen = client->seen[mover * SLIDERS + slider];

                *expected += moves;
                *finals += moves > 0;
                *lost += moves > 0 && (seen == 0 || value_of(seen) != value_of(moves));
            }
        }
    }
}
