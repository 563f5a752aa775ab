/* When who moves what: decided before the load begins, whatever the server does. */
#include "loadgen.h"

#include <stdlib.h>

#define BUDGET 128        /* so many moves at most before the sockets are looked at again */
#define LONGEST_WAIT 5000 /* microseconds */
#define DRAG 2.0         /* seconds for which somebody drags one slider, and then takes the next */
#define SETTLING 500000  /* microseconds between the last who came in and the first move */

struct turn {
    struct client *client;
    double offset; /* within the time between two moves, from 0 to 1 */
};

static struct turn *turns;
static int turn_count;

/* Whose turn is next, and how often everybody has had theirs. */
static int next;
static uint64_t round_number;

static int by_offset(const void *left, const void *right)
{
    double a = ((const struct turn *)left)->offset, b = ((const struct turn *)right)->offset;

    return (a > b) - (a < b);
}

/* Everybody has a moment of their own in each round, spread evenly by the golden ratio. */
static void give_turns(void)
{
    turns = must_allocate((size_t)client_count, sizeof *turns);
    for (int i = 0; i < client_count; i++) {
        double spread = i * 0.6180339887498949;

        if (clients[i].tracks)
            turns[turn_count++] = (struct turn){&clients[i], spread - (double)(long)spread};
    }
    qsort(turns, (size_t)turn_count, sizeof *turns, by_offset);
}

/* A drag has fewer moves than there are values: a value comes back only after all sliders had
 * their turn, seconds later, and so nobody takes one for the other. */
static int slider_of(const struct client *client)
{
    double moves = DRAG * settings.hertz;
    uint32_t drag = moves < 1 ? 1 : moves > CYCLE - 1 ? CYCLE - 1 : (uint32_t)moves;

    return (int)((client->moves / drag + (uint32_t)client->place) % SLIDERS);
}

static void move(struct client *client, uint64_t due)
{
    int slider = slider_of(client);

    client->moves++;
    settings.wire->move(client, slider, ledger_send(client, slider, due));
    if (ledger_window(due))
        histogram_add(&totals.lag, now_us() - due);
}

/* Serves the sockets until then, or for the longest wait; at least once. */
static void wait_a_while(uint64_t moment)
{
    uint64_t now = now_us(), left = moment > now ? moment - now : 0;

    network_wait(left < LONGEST_WAIT ? (int64_t)left : LONGEST_WAIT);
}

static void wait_until(uint64_t moment)
{
    while (now_us() < moment)
        wait_a_while(moment);
}

/* Tells the caller, who may start a profile, and notes what was used up to here. */
static void begin_window(void)
{
    printf("begin\n");
    fflush(stdout);
    usage_note(BEGIN);
}

static uint64_t next_due(uint64_t start)
{
    return start + (uint64_t)(((double)round_number + turns[next].offset) * 1e6 / settings.hertz);
}

static void take_turn(uint64_t due)
{
    if (turns[next].client->state == IN)
        move(turns[next].client, due);
    if (++next == turn_count) {
        next = 0;
        round_number++;
    }
}

/* All that is due before the end is sent, however late: what was late counts, too. */
static void send_moves(uint64_t start)
{
    bool begun = false;
    uint64_t due;

    while ((due = next_due(start)) < ledger_end()) {
        uint64_t now = now_us();

        if (!begun && now >= ledger_begin()) {
            begin_window();
            begun = true;
        }
        for (int sent = 0; sent < BUDGET && due <= now && due < ledger_end(); sent++) {
            take_turn(due);
            due = next_due(start);
        }
        wait_a_while(due);
    }
    wait_until(ledger_end());
}

static void send_nothing(void)
{
    wait_until(ledger_begin());
    begin_window();
    wait_until(ledger_end());
}

/* Whoever has not seen the last values yet gets some time for it. */
static void linger(void)
{
    uint64_t limit = now_us() + (uint64_t)(settings.linger * 1e6), finals, lost, expected;

    do {
        wait_until(now_us() + 100000);
        ledger_missing(&finals, &lost, &expected);
    } while (lost && now_us() < limit);
}

void run_load(void)
{
    uint64_t start;

    give_turns();
    wait_until(now_us() + SETTLING);
    start = now_us();
    ledger_open(start);
    if (settings.hertz > 0 && turn_count > 0)
        send_moves(start);
    else
        send_nothing();
    usage_note(END);
    linger();
}
