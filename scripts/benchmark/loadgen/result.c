/* The result as one line of JSON; scripts/benchmark/results.py reads it. */
#include "loadgen.h"

static void print_count(FILE *out, const char *name, uint64_t count)
{
    fprintf(out, "\"%s\":%llu,", name, (unsigned long long)count);
}

static void print_spread(FILE *out, const char *name, const struct histogram *histogram)
{
    fprintf(out, "\"%s\":{\"count\":%llu,\"mean\":%.3f,", name, (unsigned long long)histogram->count,
            histogram->count ? (double)histogram->sum / (double)histogram->count / 1000 : 0.0);
    fprintf(out, "\"p50\":%.2f,\"p95\":%.2f,\"p99\":%.2f,\"max\":%.2f},", histogram_ms(histogram, 0.5),
            histogram_ms(histogram, 0.95), histogram_ms(histogram, 0.99), histogram_ms(histogram, 1));
}

void print_result(FILE *out)
{
    uint64_t finals, lost, expected;

    ledger_missing(&finals, &lost, &expected);
    fprintf(out, "{\"seconds\":%g,\"connect_s\":%.3f,", settings.seconds,
            (double)totals.connect_us / 1e6);
    print_count(out, "clients", (uint64_t)client_count);
    print_count(out, "connected", totals.entering.count);
    print_count(out, "gone", (uint64_t)totals.gone);
    print_count(out, "moves", totals.moves_in_window);
    print_count(out, "frames", totals.frames);
    print_count(out, "bytes", totals.bytes);
    print_count(out, "moves_sent", totals.moves_sent);
    print_count(out, "to_see", expected);
    print_count(out, "seen", totals.seen);
    print_count(out, "finals", finals);
    print_count(out, "lost", lost);
    print_count(out, "refused", totals.refused);
    print_count(out, "uncertain", totals.uncertain);
    print_count(out, "overview_updates", totals.overview_updates);
    print_count(out, "overview_bytes", totals.overview_bytes);
    print_count(out, "heartbeats", totals.heartbeats);
    print_count(out, "blocked_writes", totals.blocked_writes);
    print_spread(out, "entering_ms", &totals.entering);
    print_spread(out, "seeing_ms", &totals.seeing);
    print_spread(out, "lag_ms", &totals.lag);
    usage_print(out);
    fputs("}\n", out);
}
