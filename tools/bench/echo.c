/* echo PORT CLIENT-ID: the bare two-hop echo, the limit any gateway could reach.
 *
 * For every press it publishes the ring a gateway would send to the chime b-X is paired with
 * (c-X), decides nothing and writes nothing. Says "ready" when subscribed; ends when killed or
 * when the broker goes.
 */
#define _GNU_SOURCE
#include "bell.h"

static void ring(struct mqtt *m, struct text topic, struct text payload)
{
    char button[NAME_BYTES], id[ID_BYTES], to[64], message[MESSAGE_BYTES];
    if (!is(topic_parts(topic, button), "press") || !json_string(payload, "id", id, sizeof id))
        return;
    mqtt_publish(m, print_text(to, sizeof to, ROOT "c%s/ring", button + 1),
                 print_text(message, sizeof message,
                            "{\"episode\":\"%s.%s\",\"kind\":\"call\",\"button\":\"%s\","
                            "\"home\":\"%s\",\"step\":1,\"for_ms\":45000}",
                            button, id, button, button));
}

int main(int count, char **arguments)
{
    if (count != 3) {
        fprintf(stderr, "usage: echo PORT CLIENT-ID\n");
        return 2;
    }
    struct mqtt m = { .on_publish = ring };
    mqtt_open(&m, atoi(arguments[1]), arguments[2]);
    mqtt_subscribe(&m, ROOT "+/press");
    puts("ready");
    fflush(stdout);
    struct pollfd socket = { .fd = m.fd };
    for (;;) {
        socket.events = (short)(POLLIN | (m.out.used ? POLLOUT : 0));
        poll(&socket, 1, -1);
        mqtt_flush(&m);
        mqtt_read(&m);
    }
}
