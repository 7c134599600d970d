/* load: presses virtual buttons in a closed loop and times what comes back.
 *
 * Two connections, whatever the number of devices: one speaks for all buttons, one for all
 * chimes. At most --window presses are unanswered at any moment; a press is answered when its
 * ring (and its receipt, unless --ring-only) is here. With --heartbeats it sends one of each button
 * instead, and says nothing. Prints one JSON object; status 0 if nothing
 * is missing, 1 if something is, 2 for a wrong option, 3 for a broken connection.
 */
#define _GNU_SOURCE
#include "bell.h"
#include <getopt.h>
#include <inttypes.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <time.h>

#define HEARTBEAT "{\"every_s\":60,\"up_s\":100,\"journal\":0}"

struct answers { uint64_t *took_ns; long count, duplicates; };  /* took_ns: 0 until it came */

static struct { long port, presses, seconds, window, first, buttons, pause_ms, wait_s; } want = {
    .presses = 1000, .seconds = 3600, .window = 1, .first = 1, .wait_s = 10 };
static int ring_only, silent, heartbeats;               /* int: getopt_long writes them */

static struct mqtt buttons, chimes;
static struct answers rings, receipts;
static uint64_t *sent_ns, last_answer_ns;
static long sent, answered, foreign;
static uint32_t life;                         /* new in each run: a press id is never used twice */

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static long number_of_button(long press)
{
    return want.first + press % want.buttons;
}

static void send_press(void)
{
    char to[64], message[MESSAGE_BYTES];
    struct text topic = print_text(to, sizeof to, ROOT "b-%05ld/press", number_of_button(sent));
    struct text payload = print_text(message, sizeof message,
                                     "{\"id\":\"%08" PRIx32 "-1-%ld\",\"kind\":\"call\",\"age_ms\":30}",
                                     life, sent);
    sent_ns[sent++] = now_ns();
    mqtt_publish(&buttons, topic, payload);
}

static void settle(struct answers *these, long press)
{
    if (these->took_ns[press]) {
        these->duplicates++;
        return;
    }
    last_answer_ns = now_ns();
    these->took_ns[press] = last_answer_ns - sent_ns[press];
    these->count++;
    answered += ring_only || (rings.took_ns[press] && receipts.took_ns[press]);
}

/* The number of the press that this button and id name; -1 if it is none of ours. */
static long find_press(const char *button, const char *id)
{
    uint32_t whose;
    long press, number;
    if (sscanf(id, "%8" SCNx32 "-1-%ld", &whose, &press) != 2 || whose != life || press < 0
        || press >= sent || sscanf(button, "b-%ld", &number) != 1
        || number != number_of_button(press)) {
        foreign++;
        return -1;
    }
    return press;
}

static void on_receipt(struct mqtt *m, struct text topic, struct text payload)
{
    (void)m;
    char button[NAME_BYTES], id[ID_BYTES];
    if (!is(topic_parts(topic, button), "receipt") || !json_string(payload, "id", id, sizeof id))
        die("not a receipt: %.*s", (int)payload.length, payload.at);
    long press = find_press(button, id);
    if (press >= 0)
        settle(&receipts, press);
}

static void on_ring(struct mqtt *m, struct text topic, struct text payload)
{
    char chime[NAME_BYTES], episode[EPISODE_BYTES], to[64], message[MESSAGE_BYTES];
    if (!is(topic_parts(topic, chime), "ring")
        || !json_string(payload, "episode", episode, sizeof episode) || !strchr(episode, '.'))
        die("not a ring: %.*s", (int)payload.length, payload.at);
    if (!silent)
        mqtt_publish(m, print_text(to, sizeof to, ROOT "%s/ringing", chime),
                     print_text(message, sizeof message, "{\"episode\":\"%s\"}", episode));
    char *dot = strchr(episode, '.');
    *dot = 0;
    long press = find_press(episode, dot + 1);
    if (press >= 0)
        settle(&rings, press);
}

static void watch(int epoll, struct mqtt *m)
{
    /* Edge-triggered for both directions: armed once, and no system call to arm it again. */
    struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = m };
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, m->fd, &event))
        die("epoll: %s", strerror(errno));
}

static void wait_for_answers(int epoll, int timeout_ms)
{
    struct epoll_event events[2];
    int count = epoll_wait(epoll, events, 2, timeout_ms);
    for (int i = 0; i < count; i++) {
        mqtt_flush(events[i].data.ptr);
        mqtt_read(events[i].data.ptr);
    }
}

/* The closed loop. With a pause, a press leaves only when all has been quiet for so long. */
static void run(int epoll)
{
    uint64_t begin_ns = now_ns(), pause_ns = (uint64_t)want.pause_ms * 1000000u;
    uint64_t give_up_ns = (uint64_t)want.wait_s * 1000000000u;
    last_answer_ns = begin_ns;
    for (;;) {
        uint64_t now = now_ns();
        if (now - begin_ns > (uint64_t)want.seconds * 1000000000u)
            want.presses = sent;
        if (answered >= sent && sent >= want.presses)
            return;
        if (answered < sent && now - last_answer_ns > give_up_ns
            && now - sent_ns[sent - 1] > give_up_ns)
            return;
        bool paused = now - last_answer_ns < pause_ns;
        while (!paused && sent < want.presses && sent - answered < want.window)
            send_press();
        mqtt_flush(&buttons);
        wait_for_answers(epoll, paused ? (int)want.pause_ms : 100);
    }
}

/* One of each button, and no press; over when the broker has them all. */
static void send_heartbeats(int epoll)
{
    char to[64];
    for (long n = 0; n < want.presses; n++)
        mqtt_publish(&buttons, print_text(to, sizeof to, ROOT "b-%05ld/heartbeat", want.first + n),
                     (struct text){ HEARTBEAT, sizeof HEARTBEAT - 1 });
    while (buttons.acknowledged < want.presses) {
        mqtt_flush(&buttons);
        wait_for_answers(epoll, 100);
    }
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* In µs; `part` 0.5 is the median, 1 the greatest. */
static double percentile(const uint64_t *sorted, long count, double part)
{
    return count ? (double)sorted[(long)((double)(count - 1) * part)] / 1000 : 0;
}

static void print_answers(const char *name, struct answers *these)
{
    qsort(these->took_ns, (size_t)sent, sizeof *these->took_ns, by_size);
    const uint64_t *came = these->took_ns + (sent - these->count);   /* the missing sort first */
    long n = these->count;
    printf("\"%s\":{\"count\":%ld,\"missing\":%ld,\"duplicates\":%ld,\"p50_us\":%.1f,"
           "\"p90_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f},",
           name, n, sent - n, these->duplicates, percentile(came, n, .5), percentile(came, n, .9),
           percentile(came, n, .99), percentile(came, n, 1));
}

static void read_options(int count, char **arguments)
{
    static const struct option options[] = {
        { "port", 1, 0, 'p' }, { "presses", 1, 0, 'n' }, { "seconds", 1, 0, 's' },
        { "window", 1, 0, 'w' }, { "first", 1, 0, 'f' }, { "buttons", 1, 0, 'b' },
        { "pause-ms", 1, 0, 'm' }, { "wait-s", 1, 0, 'g' },
        { "ring-only", 0, &ring_only, 1 }, { "silent", 0, &silent, 1 },
        { "heartbeats", 0, &heartbeats, 1 }, { 0, 0, 0, 0 } };
    int letter;
    while ((letter = getopt_long(count, arguments, "", options, 0)) >= 0) {
        long *into = letter == 'p' ? &want.port : letter == 'n' ? &want.presses
                     : letter == 's' ? &want.seconds : letter == 'w' ? &want.window
                     : letter == 'f' ? &want.first : letter == 'b' ? &want.buttons
                     : letter == 'm' ? &want.pause_ms : letter == 'g' ? &want.wait_s : NULL;
        if (into)
            *into = atol(optarg);
        else if (letter == '?')
            exit(2);
    }
    want.buttons = want.buttons ? want.buttons : want.presses;
    if (want.port < 1 || want.presses < 1 || want.window < 1 || want.buttons < 1) {
        fprintf(stderr, "usage: load --port N [--presses N] [--seconds N] [--window N] [--first N]"
                        " [--buttons N] [--pause-ms N] [--wait-s N] [--ring-only] [--silent]"
                        " [--heartbeats]\n");
        exit(2);
    }
}

static uint64_t *one_per_press(void)
{
    uint64_t *numbers = calloc((size_t)want.presses, sizeof *numbers);
    if (!numbers)
        die("out of memory for %ld presses", want.presses);
    return numbers;
}

int main(int count, char **arguments)
{
    read_options(count, arguments);
    sent_ns = one_per_press();
    rings.took_ns = one_per_press();
    receipts.took_ns = one_per_press();
    if (getrandom(&life, sizeof life, 0) != sizeof life)
        die("no random numbers");
    buttons.on_publish = on_receipt;
    chimes.on_publish = on_ring;
    mqtt_open(&buttons, (int)want.port, "bench-buttons");
    mqtt_open(&chimes, (int)want.port, "bench-chimes");
    mqtt_subscribe(&buttons, ROOT "+/receipt");
    mqtt_subscribe(&chimes, ROOT "+/ring");
    int epoll = epoll_create1(0);
    watch(epoll, &buttons);
    watch(epoll, &chimes);
    if (heartbeats) {
        send_heartbeats(epoll);
        return 0;
    }
    run(epoll);
    double seconds = sent ? (double)(last_answer_ns - sent_ns[0]) / 1e9 : 0;
    bool complete = rings.count == sent && (ring_only || receipts.count == sent);
    printf("{\"life\":\"%08" PRIx32 "\",\"presses\":%ld,\"seconds\":%.6f,"
           "\"presses_per_s\":%.1f,", life, sent, seconds,
           seconds > 0 ? (double)answered / seconds : 0);
    print_answers("ring", &rings);
    if (!ring_only)
        print_answers("receipt", &receipts);
    printf("\"puback\":%ld,\"foreign\":%ld}\n", buttons.acknowledged, foreign);
    return complete ? 0 : 1;
}
