/* hear: waits until the desk's chime has been told to ring for so many buttons.
 *
 * Says "ready" when subscribed, and in the end one JSON object: how many buttons, and when the
 * last of them was heard for the first time, in ms since 1970. Status 1 if some are missing.
 */
#define _GNU_SOURCE
#include "bell.h"
#include <inttypes.h>
#include <time.h>

static bool *heard;
static long wanted, count_heard;
static uint64_t last_ms;

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

static void on_ring(struct mqtt *m, struct text topic, struct text payload)
{
    (void)m, (void)topic;
    char button[NAME_BYTES];
    long number;
    if (!json_string(payload, "button", button, sizeof button)
        || sscanf(button, "b-%ld", &number) != 1 || number < 1 || number > wanted
        || heard[number - 1])
        return;
    heard[number - 1] = true;
    count_heard++;
    last_ms = now_ms();
}

int main(int count, char **arguments)
{
    if (count != 4) {
        fprintf(stderr, "usage: hear PORT BUTTONS SECONDS\n");
        return 2;
    }
    wanted = atol(arguments[2]);
    heard = calloc((size_t)wanted, sizeof *heard);
    if (!heard)
        die("out of memory for %ld buttons", wanted);
    struct mqtt m = { .on_publish = on_ring };
    mqtt_open(&m, atoi(arguments[1]), "bench-desk");
    mqtt_subscribe(&m, ROOT "c-desk/ring");
    puts("ready");
    fflush(stdout);
    uint64_t end = now_ms() + (uint64_t)atol(arguments[3]) * 1000u;
    struct pollfd socket = { .fd = m.fd, .events = POLLIN };
    while (count_heard < wanted && now_ms() < end) {
        poll(&socket, 1, 100);
        mqtt_flush(&m);
        mqtt_read(&m);
    }
    printf("{\"heard\":%ld,\"last_ms\":%" PRIu64 "}\n", count_heard, last_ms);
    return count_heard < wanted;
}
