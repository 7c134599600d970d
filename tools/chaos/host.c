/* The machine of the gateway, for LD_PRELOAD: its clock goes differently and its disk is full, as
   the file CHAOS_HOST says: seconds to be added, then whether the disk is full, eight bytes each.
   Only the files of a database are on that disk; a log lies elsewhere. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct host {
    int64_t seconds;
    int64_t is_full;
};

static volatile struct host *host(void)
{
    static volatile struct host *known;
    if (!known) {
        static volatile struct host usual;
        const char *path = getenv("CHAOS_HOST");
        int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        void *place = file < 0 ? MAP_FAILED
                               : mmap(NULL, sizeof usual, PROT_READ, MAP_SHARED, file, 0);
        known = place == MAP_FAILED ? &usual : place;
        if (file >= 0)
            close(file);
    }
    return known;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int failed = (int)syscall(SYS_clock_gettime, clock, now);
    if (!failed && clock == CLOCK_REALTIME)
        now->tv_sec += host()->seconds;
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

/* Whether writing here fails; then errno says why. */
static int fails(int file)
{
    char link[64], path[1024];
    struct stat about;
    if (!host()->is_full || fstat(file, &about) || !S_ISREG(about.st_mode))
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 0)
        return 0;
    path[size] = 0;
    if (!strstr(path, ".db"))
        return 0;
    errno = ENOSPC;
    return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int file, const void *data, size_t size)
{
    return fails(file) ? -1 : (ssize_t)syscall(SYS_write, file, data, size);
}

ssize_t pwrite(int file, const void *data, size_t size, off_t at)
{
    return fails(file) ? -1 : REAL(pwrite)(file, data, size, at);
}

ssize_t pwrite64(int file, const void *data, size_t size, off64_t at)
{
    return fails(file) ? -1 : REAL(pwrite64)(file, data, size, at);
}

int ftruncate(int file, off_t size)
{
    return fails(file) ? -1 : REAL(ftruncate)(file, size);
}

int ftruncate64(int file, off64_t size)
{
    return fails(file) ? -1 : REAL(ftruncate64)(file, size);
}

int posix_fallocate(int file, off_t at, off_t size)
{
    return fails(file) ? ENOSPC : REAL(posix_fallocate)(file, at, size);
}
