/* What processes, this one and the machine have used, noted at some moments. */
#define _GNU_SOURCE
#include "loadgen.h"

#include <sys/types.h>
#include <time.h>
#include <unistd.h>

struct used {
    double cpu; /* seconds */
    uint64_t memory;
};

static int pids[PROCESSES], pid_count;
static struct used processes[PROCESSES][MOMENTS];
static double own[MOMENTS], machine[MOMENTS];
static uint64_t when[MOMENTS];

void usage_watch(int pid)
{
    if (pid_count == PROCESSES)
        fail("more than %d processes to watch", PROCESSES);
    pids[pid_count++] = pid;
}

/* The CPU time of a process with all its threads, finer than the ticks that /proc tells. */
static double cpu_of(int pid)
{
    clockid_t clock;
    struct timespec used;

    if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &used))
        return 0;
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static uint64_t memory_of(int pid)
{
    char path[64];
    unsigned long pages = 0;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/statm", pid);
    file = fopen(path, "r");
    if (!file)
        return 0;
    if (fscanf(file, "%*u %lu", &pages) != 1)
        pages = 0;
    fclose(file);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* All that the machine's cores did, also for others, and what its host took from them. */
static double busy_time(void)
{
    unsigned long long user = 0, nice = 0, system = 0, irq = 0, softirq = 0, steal = 0;
    FILE *file = fopen("/proc/stat", "r");

    if (!file)
        return 0;
    if (fscanf(file, "cpu %llu %llu %llu %*u %*u %llu %llu %llu", &user, &nice, &system, &irq,
               &softirq, &steal) != 6)
        user = nice = system = irq = softirq = steal = 0;
    fclose(file);
    return (double)(user + nice + system + irq + softirq + steal) / (double)sysconf(_SC_CLK_TCK);
}

void usage_note(enum moment moment)
{
    for (int i = 0; i < pid_count; i++)
        processes[i][moment] = (struct used){cpu_of(pids[i]), memory_of(pids[i])};
    when[moment] = now_us();
    own[moment] = cpu_of(getpid());
    machine[moment] = busy_time();
}

static void print_process(FILE *out, int pid, const struct used *used)
{
    fprintf(out, "{\"pid\":%d,\"connect_cpu_s\":%.6f,\"cpu_s\":%.6f,", pid,
            used[CONNECTED].cpu - used[BEFORE].cpu, used[END].cpu - used[BEGIN].cpu);
    fprintf(out, "\"memory_before\":%llu,\"memory_connected\":%llu,\"memory_after\":%llu}",
            (unsigned long long)used[BEFORE].memory, (unsigned long long)used[CONNECTED].memory,
            (unsigned long long)used[END].memory);
}

void usage_print(FILE *out)
{
    fprintf(out, "\"elapsed_s\":%.3f,", (double)(when[END] - when[BEGIN]) / 1e6);
    fprintf(out, "\"generator_cpu_s\":%.6f,\"machine_cpu_s\":%.3f,\"processes\":[",
            own[END] - own[BEGIN], machine[END] - machine[BEGIN]);
    for (int i = 0; i < pid_count; i++) {
        if (i)
            fputc(',', out);
        print_process(out, pids[i], processes[i]);
    }
    fputc(']', out);
}
