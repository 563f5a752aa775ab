/* The order of things: everybody connects, the load runs, the result is told. */
#include "loadgen.h"

#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct settings settings = {.seconds = 5, .warmup = 1, .linger = 4, .patience = 120, .at_once = 40};
struct totals totals;
struct client *clients;
int client_count;
struct room *rooms;
int room_count;

static const char usage[] =
    "usage: loadgen --wire NAME --plan FILE --port PORT [options]\n"
    "  --hertz H      moves a second of each seat (0)\n"
    "  --seconds S    the measured window (5), after --warmup S (1)\n"
    "  --linger S     for the last values to arrive (4)\n"
    "  --at-once N    so many connect at the same time (40), all within --patience S (120)\n"
    "  --watch PID    tell what this process used; may be given several times\n";

static const struct option options[] = {
    {"wire", required_argument, NULL, 'w'},     {"plan", required_argument, NULL, 'p'},
    {"port", required_argument, NULL, 'P'},     {"hertz", required_argument, NULL, 'h'},
    {"seconds", required_argument, NULL, 's'},  {"warmup", required_argument, NULL, 'u'},
    {"linger", required_argument, NULL, 'l'},   {"patience", required_argument, NULL, 't'},
    {"at-once", required_argument, NULL, 'o'},  {"watch", required_argument, NULL, 'v'},
    {NULL, 0, NULL, 0},
};

_Noreturn void fail(const char *format, ...)
{
    va_list parts;

    fputs("loadgen: ", stderr);
    va_start(parts, format);
    vfprintf(stderr, format, parts);
    va_end(parts);
    fputc('\n', stderr);
    exit(1);
}

void *must_allocate(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);

    if (!memory)
        fail("no memory left");
    return memory;
}

void bytes_reserve(struct bytes *bytes, size_t length)
{
    if (length <= bytes->room)
        return;
    bytes->room = length > bytes->room * 2 ? length : bytes->room * 2;
    bytes->data = realloc(bytes->data, bytes->room);
    if (!bytes->data)
        fail("no memory left");
}

static void read_option(int name, const char *value)
{
    switch (name) {
    case 'w': settings.wire = wire_named(value); break;
    case 'p': settings.plan = value; break;
    case 'P': settings.port = atoi(value); break;
    case 'h': settings.hertz = atof(value); break;
    case 's': settings.seconds = atof(value); break;
    case 'u': settings.warmup = atof(value); break;
    case 'l': settings.linger = atof(value); break;
    case 't': settings.patience = atof(value); break;
    case 'o': settings.at_once = atoi(value); break;
    case 'v': usage_watch(atoi(value)); break;
    default: fputs(usage, stderr); exit(2);
    }
}

static void read_options(int count, char **words)
{
    for (int name; (name = getopt_long(count, words, "", options, NULL)) != -1;)
        read_option(name, optarg);
    if (!settings.wire || !settings.plan || !settings.port) {
        fputs(usage, stderr);
        exit(2);
    }
}

static void connect_all(void)
{
    uint64_t began = now_us(), limit = began + (uint64_t)(settings.patience * 1e6);
    int next = 0;

    while (totals.in + totals.gone < client_count && now_us() < limit) {
        while (next < client_count && next - totals.in - totals.gone < settings.at_once)
            client_connect(&clients[next++]);
        network_wait(20000);
    }
    totals.connect_us = now_us() - began;
    if (totals.in < client_count)
        fail("only %d of %d came in", totals.in, client_count);
}

int main(int count, char **words)
{
    read_options(count, words);
    signal(SIGPIPE, SIG_IGN);
    histogram_open(&totals.entering);
    histogram_open(&totals.seeing);
    histogram_open(&totals.lag);
    read_plan();
    network_open();
    usage_note(BEFORE);
    connect_all();
    usage_note(CONNECTED);
    run_load();
    print_result(stdout);
    return 0;
}
