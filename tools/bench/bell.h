/* What both tools know of the love doorbell's wire (docs/protocol.md): topics and two fields. */
#ifndef BENCH_BELL_H
#define BENCH_BELL_H

#include "mqtt.h"

#define ROOT "lovebell/v1/"
enum { NAME_BYTES = 24 + 1, ID_BYTES = 40 + 1, EPISODE_BYTES = 24 + 1 + 40 + 1, MESSAGE_BYTES = 1024 };

/* The device of `lovebell/v1/<device>/<leaf>` into `device`; the leaf is returned. */
static inline struct text topic_parts(struct text topic, char device[NAME_BYTES])
{
    const char *name = topic.at + sizeof ROOT - 1, *end = topic.at + topic.length;
    const char *slash = topic.length < sizeof ROOT ? NULL : memchr(name, '/', (size_t)(end - name));
    if (!slash || slash - name >= NAME_BYTES)
        die("unexpected topic %.*s", (int)topic.length, topic.at);
    memcpy(device, name, (size_t)(slash - name));
    device[slash - name] = 0;
    return (struct text){ slash + 1, (size_t)(end - slash - 1) };
}

static inline bool is(struct text t, const char *word)
{
    return t.length == strlen(word) && memcmp(t.at, word, t.length) == 0;
}

/* Copy the JSON string at `"key"`. Ids and episodes need no escapes, so none are undone; and a
 * quoted key cannot occur inside a text, where its quotes would be escaped. */
static inline bool json_string(struct text json, const char *key, char *out, size_t room)
{
    char quoted[32];
    size_t length = (size_t)snprintf(quoted, sizeof quoted, "\"%s\"", key);
    const char *at = memmem(json.at, json.length, quoted, length), *end = json.at + json.length;
    for (at = at ? at + length : end; at < end && (*at == ' ' || *at == ':'); at++)
        ;
    const char *close = at < end && *at == '"' ? memchr(at + 1, '"', (size_t)(end - at - 1)) : NULL;
    if (!close || (size_t)(close - at) > room)
        return false;
    length = (size_t)(close - at - 1);
    memcpy(out, at + 1, length);
    out[length] = 0;
    return true;
}

__attribute__((format(printf, 3, 4)))
static inline struct text print_text(char *out, size_t room, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(out, room, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= room)
        die("a message of %d bytes does not fit", length);
    return (struct text){ out, (size_t)length };
}

#endif
