/* The load generator: people in rooms who move sliders, over WebSockets on loopback.
 *
 * It is an open loop: when a move is due is decided beforehand, and a server that is slow is sent no
 * less. One thread and one epoll do it all, so that it can have a core for itself. Who connects how is
 * written in a plan (plan.c) by the Python beside it; what came of it is one line of JSON (result.c). */
#ifndef LOADGEN_H
#define LOADGEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SLIDERS 5
#define CYCLE 101  /* the values 0 to 100, one after the other */
#define KEPT 505   /* of so many moves of one slider it is remembered when they were due */
#define MOVERS 12  /* so many seats a room can have; more people are further devices of these */
#define SEAT_SIZE 24

/* ---- histogram.c: durations in microseconds ---- */

#define STEP 20      /* microseconds */
#define STEPS 500000 /* up to ten seconds; the longest is known exactly */

struct histogram {
    uint64_t count, longest, sum;
    uint32_t *steps;
};

void histogram_open(struct histogram *histogram);
void histogram_add(struct histogram *histogram, uint64_t microseconds);
double histogram_ms(const struct histogram *histogram, double share);

/* ---- who takes part ---- */

enum state { WAITING, CONNECTING, UPGRADING, GREETING, IN, GONE };

struct bytes {
    uint8_t *data;
    size_t length, room;
};

/* One slider of one seat, as its owner has sent it. Moves are numbered from 1. */
struct track {
    uint32_t moves;
    uint32_t due[KEPT]; /* when number n was due: at n % KEPT, in microseconds since the load began */
};

struct client {
    struct room *room; /* none for a facilitator, who watches the overview */
    int place;         /* in the room; the first `movers` of a room move sliders */
    char seat[SEAT_SIZE];
    char *path, *hello;

    int fd;
    enum state state;
    struct bytes in, out;
    bool waits_to_write;
    uint64_t began; /* connecting */

    uint32_t moves;
    struct track *tracks; /* one for each slider; none for who only looks */
    uint32_t *seen;       /* the last move seen of each mover's slider, by its number */
};

struct room {
    struct client *people;
    int size, movers;
};

/* ---- the options, and all there is to tell afterwards ---- */

struct wire;

struct settings {
    const struct wire *wire;
    const char *plan;
    int port;
    double hertz, seconds, warmup, linger, patience;
    int at_once; /* so many connect at the same time */
};

struct totals {
    int in, gone;
    uint64_t connect_us;
    uint64_t moves_sent, moves_in_window;
    uint64_t frames, bytes; /* read by people in rooms, in the window */
    uint64_t overview_updates, overview_bytes;
    uint64_t seen, uncertain, refused, blocked_writes, heartbeats;
    struct histogram entering, seeing, lag;
};

extern struct settings settings;
extern struct totals totals;
extern struct client *clients;
extern int client_count;
extern struct room *rooms;
extern int room_count;

/* ---- plan.c ---- */

void read_plan(void);

/* ---- network.c: sockets and the one epoll ---- */

uint64_t now_us(void);
void network_open(void);
void network_wait(int64_t microseconds);
void client_connect(struct client *client);
void client_send(struct client *client, const void *data, size_t length);
void client_gone(struct client *client, const char *why);
void client_entered(struct client *client);

/* ---- websocket.c ---- */

enum opcode { TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

void websocket_upgrade(struct client *client);
size_t websocket_read(struct client *client, uint64_t now);
void websocket_send(struct client *client, enum opcode opcode, const void *data, size_t length);

/* ---- wires.c: what servers speak ---- */

struct wire {
    const char *name;
    bool hello_first; /* greets at once, without waiting for a message of the server */
    /* A message to a client who is not in yet: answers it, and calls client_entered in the end. */
    void (*greet)(struct client *client, const uint8_t *data, size_t length);
    /* Answers a heartbeat that is a message; false if it is none. */
    bool (*heartbeat)(struct client *client, const uint8_t *data, size_t length);
    void (*move)(struct client *client, int slider, int value);
    /* Tells `ledger_seen` every value of another seat that stands in a message. */
    void (*read)(struct client *client, const uint8_t *data, size_t length, uint64_t now);
};

const struct wire *wire_named(const char *name);
void wire_heard(struct client *client, const uint8_t *data, size_t length, uint64_t now);

void socketio_greet(struct client *client, const uint8_t *data, size_t length);
bool socketio_heartbeat(struct client *client, const uint8_t *data, size_t length);
void socketio_move(struct client *client, int slider, int value);
void mengpaneel_move(struct client *client, int slider, int value);
void mengpaneel_read(struct client *client, const uint8_t *data, size_t length, uint64_t now);
void relay_greet(struct client *client, const uint8_t *data, size_t length);
void relay_move(struct client *client, int slider, int value);
void relay_read(struct client *client, const uint8_t *data, size_t length, uint64_t now);
void colyseus_greet(struct client *client, const uint8_t *data, size_t length);
void colyseus_move(struct client *client, int slider, int value);
void colyseus_read(struct client *client, const uint8_t *data, size_t length, uint64_t now);

/* ---- text.c ---- */

bool begins(const uint8_t *data, size_t length, const char *text);
int read_number(const uint8_t **at, const uint8_t *end);
void say(struct client *client, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- ledger.c: what was sent, and who has seen it ---- */

void ledger_open(uint64_t start);
bool ledger_window(uint64_t now);
uint64_t ledger_begin(void);
uint64_t ledger_end(void);
int ledger_send(struct client *client, int slider, uint64_t due);
void ledger_seen(struct client *client, int mover, int slider, int value, uint64_t now);
void ledger_missing(uint64_t *finals, uint64_t *lost, uint64_t *expected);

/* ---- schedule.c ---- */

void run_load(void);

/* ---- usage.c: what processes and the machine used ---- */

#define PROCESSES 32

enum moment { BEFORE, CONNECTED, BEGIN, END, MOMENTS };

void usage_watch(int pid);
void usage_note(enum moment moment);
void usage_print(FILE *out);

/* ---- result.c ---- */

void print_result(FILE *out);

/* ---- memory that is always there: without it there is nothing to measure ---- */

void *must_allocate(size_t count, size_t size);
void bytes_reserve(struct bytes *bytes, size_t length);
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
