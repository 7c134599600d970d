/* fleet: a town of light devices and what a day does to them.
 *
 * Home n has button b-n and chime c-n. Each device has a connection of its own, as far as there are
 * so many; else neighbours share one, which is the same to the gateway. Every device says that it is
 * on line, listens below its own name and sends a heartbeat; at random moments somebody presses, the
 * chime confirms its ring, and the time from press to ring is taken. At a given second the last
 * devices fall silent without a goodbye: their connections stay open, as after a hung program.
 * Prints one JSON object; status 0 if every press has rung and has its receipt, 1 if not, 2 for a
 * wrong option, 3 for a broken connection.
 */
#define _GNU_SOURCE
#define MQTT_READ_BYTES 2048                  /* a buffer for each of 50,000 */
#define HOST_CONNECTIONS 20000
#include "bell.h"
#include <getopt.h>
#include <inttypes.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <time.h>

struct device {
    struct mqtt *link;
    long number;                              /* of its home */
    bool is_chime, is_silent;
    uint64_t beaten_ms;                       /* its last heartbeat, in UTC */
};

static struct { long port, homes, connections, every_s, seconds, presses_per_s, die, die_at_s; } want = {
    .homes = 500, .every_s = 60, .seconds = 60, .presses_per_s = 5 };
static struct device *devices;
static struct mqtt *links, watch;
static long count_devices, pressed, rung, received, most_stored, retained;
static uint64_t *sent_ns, *ring_ns;           /* by home; 0 until it happens */
static uint32_t life;
static int epoll;

static uint64_t now_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void say(struct device *d, uint8_t flags, const char *leaf, struct text payload)
{
    char to[64];
    mqtt_publish_as(d->link, flags, print_text(to, sizeof to, ROOT "%c-%05ld/%s",
                                                d->is_chime ? 'c' : 'b', d->number, leaf), payload);
    mqtt_flush(d->link);
}

static void beat(struct device *d, uint64_t up_ns)
{
    char message[128];
    say(d, 0, "heartbeat", print_text(message, sizeof message,
        "{\"every_s\":%ld,\"up_s\":%" PRIu64 ",\"rssi\":-60,\"heap\":90000}", want.every_s,
        up_ns / 1000000000u));
    d->beaten_ms = now_ns(CLOCK_REALTIME) / 1000000u;
}

static void press(void)
{
    uint32_t chance;
    if (getrandom(&chance, sizeof chance, 0) != sizeof chance)
        die("no random numbers");
    /* A second press from a home would only be counted in its first episode. */
    long home = (long)(chance % (uint32_t)(want.homes - want.die));
    for (long tried = 0; sent_ns[home]; tried++, home = (home + 1) % (want.homes - want.die))
        if (tried > want.homes)
            return;
    char message[128];
    struct device *button = &devices[2 * home];
    sent_ns[home] = now_ns(CLOCK_MONOTONIC);
    say(button, QOS_1, "press", print_text(message, sizeof message,
        "{\"id\":\"%08" PRIx32 "-1-%ld\",\"kind\":\"call\",\"age_ms\":30}", life, home));
    pressed++;
}

static void on_message(struct mqtt *m, struct text topic, struct text payload)
{
    (void)m;
    char name[NAME_BYTES], episode[EPISODE_BYTES], message[MESSAGE_BYTES];
    struct text leaf = topic_parts(topic, name);
    long number = atol(name + 2);
    if (number < 1 || number > want.homes)
        die("a message for %s, who does not live here", name);
    struct device *d = &devices[2 * (number - 1) + (name[0] == 'c')];
    if (is(leaf, "receipt"))
        received++;
    if (!is(leaf, "ring") || !json_string(payload, "episode", episode, sizeof episode))
        return;
    say(d, QOS_1, "ringing", print_text(message, sizeof message, "{\"episode\":\"%s\"}", episode));
    long home = d->number - 1;
    if (sent_ns[home] && !ring_ns[home]) {
        ring_ns[home] = now_ns(CLOCK_MONOTONIC);
        rung++;
    }
}

/* What the broker keeps; it says so itself. */
static void on_watch(struct mqtt *m, struct text topic, struct text payload)
{
    (void)m;
    char digits[24] = "";
    memcpy(digits, payload.at, payload.length < 23 ? payload.length : 23);
    if (memmem(topic.at, topic.length, "retained", 8))
        retained = atol(digits);
    else if (atol(digits) > most_stored)
        most_stored = atol(digits);
}

static void listen_to(struct mqtt *m)
{
    struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = m };
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, m->fd, &event))
        die("epoll: %s", strerror(errno));
}

static void join(long n)
{
    struct device *d = &devices[n];
    char name[NAME_BYTES], leaf[64];
    long link = (long)((int64_t)n * want.connections / count_devices);
    d->link = &links[link];
    d->number = n / 2 + 1;
    d->is_chime = n % 2;
    snprintf(name, sizeof name, "%c-%05ld", d->is_chime ? 'c' : 'b', d->number);
    if (!d->link->on_publish) {                /* the first of those who share it */
        d->link->on_publish = on_message;
        mqtt_open_from((uint32_t)(1 + link / HOST_CONNECTIONS), d->link, (int)want.port, name);
        listen_to(d->link);
    }
    static const char *const leaves[] = { "ring", "hush", "settings", "receipt", "episode" };
    for (int i = d->is_chime ? 0 : 2; i < (d->is_chime ? 3 : 5); i++) {
        snprintf(leaf, sizeof leaf, ROOT "%s/%s", name, leaves[i]);
        mqtt_subscribe(d->link, leaf);
    }
    static const char state[] = "{\"online\":true,\"firmware\":\"0.1.0\"}";
    say(d, QOS_1 | RETAIN, "state", (struct text){ state, sizeof state - 1 });
}

static void wait_for_messages(int timeout_ms)
{
    struct epoll_event events[256];
    int count = epoll_wait(epoll, events, 256, timeout_ms);
    for (int i = 0; i < count; i++) {
        mqtt_flush(events[i].data.ptr);
        mqtt_read(events[i].data.ptr);
    }
}

static void fall_silent(void)
{
    for (long n = 0; n < 2 * want.die; n++)
        devices[count_devices - 1 - n].is_silent = true;
}

/* Heartbeats go round the town, each device's at its own place in the minute. */
static void live(void)
{
    uint64_t begin = now_ns(CLOCK_MONOTONIC), end = begin + (uint64_t)want.seconds * 1000000000u;
    uint64_t step = (uint64_t)want.every_s * 1000000000u / (uint64_t)count_devices, beats = 0;
    uint64_t pause = want.presses_per_s ? 1000000000u / (uint64_t)want.presses_per_s : 0;
    uint64_t next_press = begin + pause;
    bool dead = false;
    for (uint64_t now; (now = now_ns(CLOCK_MONOTONIC)) < end;) {
        if (want.die && !dead && now - begin > (uint64_t)want.die_at_s * 1000000000u) {
            dead = true;
            fall_silent();
        }
        for (; begin + beats * step <= now; beats++) {
            struct device *d = &devices[beats % (uint64_t)count_devices];
            if (!d->is_silent)
                beat(d, now - begin);
        }
        for (; pause && next_press <= now && now + 5000000000u < end; next_press += pause)
            press();
        wait_for_messages(1);
    }
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static double percentile(const uint64_t *sorted, long count, double part)
{
    return count ? (double)sorted[(long)((double)(count - 1) * part)] / 1000 : 0;
}

static void print_result(double joined_s)
{
    uint64_t *took = calloc((size_t)want.homes, sizeof *took);
    long n = 0;
    for (long home = 0; home < want.homes; home++)
        if (ring_ns[home])
            took[n++] = ring_ns[home] - sent_ns[home];
    qsort(took, (size_t)n, sizeof *took, by_size);
    printf("{\"devices\":%ld,\"connections\":%ld,\"joined_s\":%.3f,\"presses\":%ld,\"rings\":%ld,\"receipts\":%ld,"
           "\"ring_p50_us\":%.1f,\"ring_p99_us\":%.1f,\"ring_max_us\":%.1f,"
           "\"most_stored\":%ld,\"retained\":%ld,\"silent\":{",
           count_devices, want.connections, joined_s, pressed, rung, received, percentile(took, n, .5),
           percentile(took, n, .99), percentile(took, n, 1), most_stored, retained);
    bool first = true;
    for (long i = 0; i < count_devices; i++)
        if (devices[i].is_silent) {
            printf("%s\"%c-%05ld\":%" PRIu64, first ? "" : ",", devices[i].is_chime ? 'c' : 'b',
                   devices[i].number, devices[i].beaten_ms);
            first = false;
        }
    printf("}}\n");
}

static void read_options(int count, char **arguments)
{
    static const struct option options[] = {
        { "port", 1, 0, 'p' }, { "homes", 1, 0, 'h' }, { "every-s", 1, 0, 'e' },
        { "seconds", 1, 0, 's' }, { "presses-per-s", 1, 0, 'r' }, { "die", 1, 0, 'd' },
        { "die-at-s", 1, 0, 'a' }, { "connections", 1, 0, 'c' }, { 0, 0, 0, 0 } };
    int letter;
    while ((letter = getopt_long(count, arguments, "", options, 0)) >= 0) {
        long *into = letter == 'p' ? &want.port : letter == 'h' ? &want.homes
                     : letter == 'e' ? &want.every_s : letter == 's' ? &want.seconds
                     : letter == 'r' ? &want.presses_per_s : letter == 'd' ? &want.die
                     : letter == 'a' ? &want.die_at_s : letter == 'c' ? &want.connections : NULL;
        if (!into)
            exit(2);
        *into = atol(optarg);
    }
    if (want.port < 1 || want.homes < 1 || want.every_s < 1 || want.die >= want.homes) {
        fprintf(stderr, "usage: fleet --port N [--homes N] [--every-s N] [--seconds N]"
                        " [--presses-per-s N] [--die HOMES] [--die-at-s N] [--connections N]\n");
        exit(2);
    }
}

int main(int count, char **arguments)
{
    read_options(count, arguments);
    count_devices = 2 * want.homes;
    if (want.connections < 1 || want.connections > count_devices)
        want.connections = count_devices;
    devices = calloc((size_t)count_devices, sizeof *devices);
    links = calloc((size_t)want.connections, sizeof *links);
    sent_ns = calloc((size_t)want.homes, sizeof *sent_ns);
    ring_ns = calloc((size_t)want.homes, sizeof *ring_ns);
    epoll = epoll_create1(0);
    if (!devices || !links || !sent_ns || !ring_ns || epoll < 0
        || getrandom(&life, sizeof life, 0) != sizeof life)
        die("cannot begin: %s", strerror(errno));
    uint64_t begin = now_ns(CLOCK_MONOTONIC);
    for (long n = 0; n < count_devices; n++) {
        join(n);
        if (n % 64 == 0)
            wait_for_messages(0);
    }
    double joined_s = (double)(now_ns(CLOCK_MONOTONIC) - begin) / 1e9;
    watch.on_publish = on_watch;
    mqtt_open(&watch, (int)want.port, "fleet-watch");
    mqtt_subscribe(&watch, "$SYS/broker/store/messages/count");
    mqtt_subscribe(&watch, "$SYS/broker/retained messages/count");
    listen_to(&watch);
    puts("joined");
    fflush(stdout);
    live();
    print_result(joined_s);
    return rung == pressed && received == pressed ? 0 : 1;
}
