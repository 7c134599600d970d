/* A clock that goes differently, for LD_PRELOAD: before including this, name in TOLD the environment
   variable that names a file of NUMBERS numbers, eight bytes each. The first of them are the seconds
   to be added to the time of day; told() gives them all. Without a file all are 0. */

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t *told(void)
{
    static volatile int64_t *known, nothing[NUMBERS];
    if (!known) {
        const char *path = getenv(TOLD);
        int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        void *place = file < 0 ? MAP_FAILED
                               : mmap(NULL, sizeof nothing, PROT_READ, MAP_SHARED, file, 0);
        known = place == MAP_FAILED ? nothing : place;
        if (file >= 0)
            close(file);
    }
    return known;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int failed = (int)syscall(SYS_clock_gettime, clock, now);
    if (!failed && clock == CLOCK_REALTIME)
        now->tv_sec += told()[0];
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec fine;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &fine);
    now->tv_sec = fine.tv_sec;
    now->tv_usec = fine.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *into)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (into)
        *into = now.tv_sec;
    return now.tv_sec;
}
