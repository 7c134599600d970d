/* The calendar of a chip in front of the PC's, for LD_PRELOAD: the time of day, moved by as many
   seconds as the file LOVEBELL_DATE says in its first eight bytes. TLS asks here. */

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int64_t moved(void)
{
    static volatile int64_t *seconds;
    if (!seconds) {
        const char *path = getenv("LOVEBELL_DATE");
        int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        void *place = file < 0 ? MAP_FAILED
                               : mmap(NULL, sizeof *seconds, PROT_READ, MAP_SHARED, file, 0);
        static volatile int64_t nothing;
        seconds = place == MAP_FAILED ? &nothing : place;
        if (file >= 0)
            close(file);
    }
    return *seconds;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int failed = (int)syscall(SYS_clock_gettime, clock, now);
    if (!failed && clock == CLOCK_REALTIME)
        now->tv_sec += moved();
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
