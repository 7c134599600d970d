/* A bare MQTT 3.1.1 client: QoS 1, clean session, one thread, no library.
 *
 * Owns packets, buffers and one socket a client. Knows nothing of doorbells.
 * Every call that fails ends the program with one sentence and status 3: a benchmark with a
 * broken connection has no result worth rescuing.
 */
#ifndef BENCH_MQTT_H
#define BENCH_MQTT_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECT = 0x10, CONNACK = 0x20, PUBLISH = 0x30, PUBACK = 0x40, SUBSCRIBE = 0x82,
       SUBACK = 0x90, RETAIN = 0x01, QOS_1 = 0x02 };

#ifndef MQTT_READ_BYTES
#define MQTT_READ_BYTES 65536
#endif

struct text { const char *at; size_t length; };          /* not ended by a zero */
struct bytes { uint8_t *at; size_t used, room; };

struct mqtt {
    int fd;
    struct bytes in, out;
    uint16_t packet_id;
    long subscribed, acknowledged;                        /* SUBACKs and PUBACKs received */
    void (*on_publish)(struct mqtt *, struct text topic, struct text payload);
};

__attribute__((noreturn, format(printf, 1, 2)))
static inline void die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(3);
}

static inline uint8_t *bytes_reserve(struct bytes *b, size_t more)
{
    if (b->used + more > b->room) {
        b->room = 2 * (b->used + more);
        b->at = realloc(b->at, b->room);
        if (!b->at)
            die("out of memory");
    }
    return b->at + b->used;
}

static inline void bytes_add(struct bytes *b, const void *from, size_t length)
{
    memcpy(bytes_reserve(b, length), from, length);
    b->used += length;
}

static inline void bytes_drop(struct bytes *b, size_t length)
{
    b->used -= length;
    memmove(b->at, b->at + length, b->used);
}

static inline void put_u16(struct bytes *b, size_t value)
{
    uint8_t pair[2] = { (uint8_t)(value >> 8), (uint8_t)value };
    bytes_add(b, pair, 2);
}

static inline void put_text(struct bytes *b, struct text t)
{
    put_u16(b, t.length);
    bytes_add(b, t.at, t.length);
}

/* A packet's first bytes: its type, and its remaining length in groups of seven bits. */
static inline void put_header(struct bytes *b, uint8_t type, size_t length)
{
    bytes_add(b, &type, 1);
    do {
        uint8_t group = length & 127;
        length >>= 7;
        group |= length ? 128 : 0;
        bytes_add(b, &group, 1);
    } while (length);
}

static inline uint16_t next_packet_id(struct mqtt *m)
{
    m->packet_id = (uint16_t)(m->packet_id == 65535 ? 1 : m->packet_id + 1);  /* never 0 */
    return m->packet_id;
}

/* Queue a message with these flags; `mqtt_flush` sends it. */
static inline void mqtt_publish_as(struct mqtt *m, uint8_t flags, struct text topic,
                                   struct text payload)
{
    size_t id = flags & QOS_1 ? 2 : 0;
    put_header(&m->out, PUBLISH | flags, 2 + topic.length + id + payload.length);
    put_text(&m->out, topic);
    if (id)
        put_u16(&m->out, next_packet_id(m));
    bytes_add(&m->out, payload.at, payload.length);
}

static inline void mqtt_publish(struct mqtt *m, struct text topic, struct text payload)
{
    mqtt_publish_as(m, QOS_1, topic, payload);
}

/* Send what the socket takes now; the rest waits for the next call. */
static inline void mqtt_flush(struct mqtt *m)
{
    size_t sent = 0;
    while (sent < m->out.used) {
        ssize_t n = send(m->fd, m->out.at + sent, m->out.used - sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0)
            die("cannot send to the broker: %s", strerror(errno));
        sent += (size_t)n;
    }
    if (sent)
        bytes_drop(&m->out, sent);
}

static inline void mqtt_take_publish(struct mqtt *m, uint8_t flags, const uint8_t *p, size_t length)
{
    size_t topic = length < 2 ? SIZE_MAX : (size_t)(p[0] << 8 | p[1]);
    size_t start = flags & QOS_1 ? 4 : 2;
    if (topic > length || topic + start > length)
        die("the broker sent a broken PUBLISH");
    const char *text = (const char *)p;
    m->on_publish(m, (struct text){ text + 2, topic },
                  (struct text){ text + start + topic, length - start - topic });
    if (flags & QOS_1) {                       /* after the answer, as a gateway must do it */
        put_header(&m->out, PUBACK, 2);
        bytes_add(&m->out, p + 2 + topic, 2);
    }
}

static inline void mqtt_take(struct mqtt *m, uint8_t type, const uint8_t *p, size_t length)
{
    switch (type & 0xf0) {
    case CONNACK:
        if (length != 2 || p[1] != 0)
            die("the broker refused the connection (CONNACK %d)", length == 2 ? p[1] : -1);
        break;
    case SUBACK:
        if (length != 3 || p[2] == 0x80)
            die("the broker refused a subscription");
        m->subscribed++;
        break;
    case PUBACK:
        m->acknowledged++;
        break;
    case PUBLISH:
        mqtt_take_publish(m, type & 0x0f, p, length);
        break;
    }
}

/* The size of the first packet in the buffer, its body at *body; 0 while it is not all here. */
static inline size_t first_packet(const struct bytes *b, size_t from, size_t *body)
{
    size_t length = 0;
    for (size_t i = 1; i <= 4 && from + i < b->used; i++) {
        uint8_t group = b->at[from + i];
        length |= (size_t)(group & 127) << (7 * (i - 1));
        if (!(group & 128)) {
            *body = from + i + 1;
            return *body + length <= b->used ? 1 + i + length : 0;
        }
    }
    return 0;
}

/* Read all that has arrived, handle it, and send the answers after every chunk. */
static inline void mqtt_read(struct mqtt *m)
{
    ssize_t n;
    do {
        n = recv(m->fd, bytes_reserve(&m->in, MQTT_READ_BYTES), MQTT_READ_BYTES, 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n <= 0)
            die("the broker closed the connection");
        m->in.used += (size_t)n;
        size_t done = 0, size, body = 0;
        while ((size = first_packet(&m->in, done, &body)) > 0) {
            mqtt_take(m, m->in.at[done], m->in.at + body, done + size - body);
            done += size;
        }
        bytes_drop(&m->in, done);
        mqtt_flush(m);
    } while (n == MQTT_READ_BYTES);            /* a short read has emptied the socket */
}

/* Connect from 127.0.0.`host` to 127.0.0.1: one host has ports for some 28,000 connections, as
 * Linux is set. Keep-alive 0: the tool is bounded and may be silent between rounds. */
static inline void mqtt_open_from(uint32_t host, struct mqtt *m, int port, const char *client_id)
{
    struct sockaddr_in broker = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct sockaddr_in here = { .sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + host) };
    int on = 1;
    m->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (m->fd < 0 || setsockopt(m->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on)
        || bind(m->fd, (struct sockaddr *)&here, sizeof here)
        || connect(m->fd, (struct sockaddr *)&broker, sizeof broker))
        die("no broker on 127.0.0.1:%d: %s", port, strerror(errno));
    if (setsockopt(m->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on)  /* or a hop costs 44 ms */
        || fcntl(m->fd, F_SETFL, O_NONBLOCK))
        die("cannot prepare the socket: %s", strerror(errno));
    static const uint8_t mqtt_311_clean_no_keep_alive[] = "\0\4MQTT\4\2\0";
    put_header(&m->out, CONNECT, 10 + 2 + strlen(client_id));
    bytes_add(&m->out, mqtt_311_clean_no_keep_alive, 10);
    put_text(&m->out, (struct text){ client_id, strlen(client_id) });
}

static inline void mqtt_open(struct mqtt *m, int port, const char *client_id)
{
    mqtt_open_from(1, m, port, client_id);
}

/* Subscribe with QoS 1 and return when the broker has agreed. */
static inline void mqtt_subscribe(struct mqtt *m, const char *filter)
{
    long agreed = m->subscribed + 1;
    uint8_t qos = 1;
    put_header(&m->out, SUBSCRIBE, 2 + 2 + strlen(filter) + 1);
    put_u16(&m->out, next_packet_id(m));
    put_text(&m->out, (struct text){ filter, strlen(filter) });
    bytes_add(&m->out, &qos, 1);
    mqtt_flush(m);
    struct pollfd ready = { .fd = m->fd, .events = POLLIN };
    while (m->subscribed < agreed) {
        if (poll(&ready, 1, 10000) == 0)
            die("the broker has not answered for 10 s");
        mqtt_read(m);
    }
}

#endif
