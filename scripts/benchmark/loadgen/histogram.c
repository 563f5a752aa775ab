/* Durations, counted in steps: no list of them all has to be kept and sorted. */
#include "loadgen.h"

void histogram_open(struct histogram *histogram)
{
    *histogram = (struct histogram){.steps = must_allocate(STEPS + 1, sizeof(uint32_t))};
}

void histogram_add(struct histogram *histogram, uint64_t microseconds)
{
    uint64_t step = microseconds / STEP;

    histogram->steps[step < STEPS ? step : STEPS]++;
    histogram->count++;
    histogram->sum += microseconds;
    if (microseconds > histogram->longest)
        histogram->longest = microseconds;
}

/* The milliseconds within which this share of them lies (1 for the longest); 0 where there are none. */
double histogram_ms(const struct histogram *histogram, double share)
{
    uint64_t wanted = (uint64_t)(share * (double)histogram->count), passed = 0;

    if (share >= 1)
        return (double)histogram->longest / 1000;
    for (int step = 0; step < STEPS; step++) {
        passed += histogram->steps[step];
        if (passed > wanted)
            return (step + 1) * STEP / 1000.0;
    }
    return (double)histogram->longest / 1000;
}
