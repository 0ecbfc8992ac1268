/*
 * The least that a libcurl program can do: it lists connections, scanning the answer for ids
 * without parsing the JSON, and prints them; or it disconnects every so many of them, several at a
 * time over one HTTP/2 connection, and keeps no account of it. What xero-run is measured against.
 *
 *   XERO_API_URL=… XERO_ACCESS_TOKEN=… SSL_CERT_FILE=… bare [EVERY CONCURRENCY]
 */
#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define CONCURRENCY_MAX 32

struct text {
    char *bytes;
    size_t length;
    size_t room;
};

struct bare {
    CURLM *multi;
    int epoll;
    long alarm; /* milliseconds after which libcurl wants to be called; -1: never */
    int flying;
    struct curl_slist *headers;
    struct text list;
    const char *rest; /* of the list, in which to look for the next id */
};

static const char *need(const char *name)
{
    const char *value = getenv(name);
    if (value == NULL) {
        fprintf(stderr, "bare: %s is not set\n", name);
        exit(2);
    }
    return value;
}

static void fail(const char *what)
{
    fprintf(stderr, "bare: %s\n", what);
    exit(1);
}

static size_t append(char *data, size_t size, size_t count, void *pointer)
{
    struct text *text = pointer;
    size_t more = size * count;
    if (text->length + more + 1 > text->room) {
        size_t room = 2 * (text->length + more + 1);
        char *bytes = realloc(text->bytes, room);
        if (bytes == NULL)
            return 0;
        text->bytes = bytes;
        text->room = room;
    }
    memcpy(text->bytes + text->length, data, more);
    text->length += more;
    text->bytes[text->length] = '\0';
    return more;
}

/* The id that stands next in the list, which moves on; NULL at its end. */
static const char *next_id(const char **list)
{
    static const char key[] = "\"id\":\"";
    const char *found = *list ? strstr(*list, key) : NULL;
    if (found)
        found += sizeof key - 1;
    *list = found;
    return found;
}

static CURL *new_request(const struct bare *bare)
{
    CURL *easy = curl_easy_init();
    if (easy == NULL)
        fail("out of memory");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, bare->headers);
    curl_easy_setopt(easy, CURLOPT_CAINFO, need("SSL_CERT_FILE"));
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    return easy;
}

static void check(CURL *easy, CURLcode code, long expected)
{
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_OK && status == expected)
        return;
    fprintf(stderr, "bare: %s, status %ld\n", curl_easy_strerror(code), status);
    exit(1);
}

static void submit(struct bare *bare, CURL *easy, const char *url)
{
    curl_easy_setopt(easy, CURLOPT_URL, url);
    if (curl_multi_add_handle(bare->multi, easy) != CURLM_OK)
        fail("cannot send");
    bare->flying++;
}

static int on_watch(CURL *easy, curl_socket_t fd, int what, void *user, void *known)
{
    const struct bare *bare = user;
    struct epoll_event event = {.data.fd = fd};
    (void)easy;
    if (what & CURL_POLL_IN)
        event.events |= EPOLLIN;
    if (what & CURL_POLL_OUT)
        event.events |= EPOLLOUT;
    int action = known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    (void)epoll_ctl(bare->epoll, what == CURL_POLL_REMOVE ? EPOLL_CTL_DEL : action, fd, &event);
    (void)curl_multi_assign(bare->multi, fd, user);
    return 0;
}

static int on_alarm(CURLM *multi, long milliseconds, void *user)
{
    (void)multi;
    ((struct bare *)user)->alarm = milliseconds;
    return 0;
}

/* Has libcurl do what there is to do, waiting for it. */
static void drive(struct bare *bare)
{
    struct epoll_event events[4];
    int running;
    int count = epoll_wait(bare->epoll, events, 4, (int)bare->alarm);
    if (count < 0 && errno != EINTR)
        fail("cannot wait");
    for (int i = 0; i < count; i++) {
        int what = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                   (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0);
        curl_multi_socket_action(bare->multi, events[i].data.fd, what, &running);
    }
    if (count <= 0 || bare->alarm == 0) {
        bare->alarm = -1; /* it rings once */
        curl_multi_socket_action(bare->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
}

/* Waits for the next answer, which must have this status; gives its handle, free again. */
static CURL *take_answer(struct bare *bare, long status)
{
    CURLMsg *message;
    int left;
    while (!(message = curl_multi_info_read(bare->multi, &left)))
        drive(bare);
    CURL *easy = message->easy_handle;
    check(easy, message->data.result, status);
    curl_multi_remove_handle(bare->multi, easy);
    bare->flying--;
    return easy;
}

static void list(struct bare *bare, CURL *easy)
{
    char url[512];
    (void)snprintf(url, sizeof url, "%s/connections", need("XERO_API_URL"));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, append);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &bare->list);
    submit(bare, easy, url);
    (void)take_answer(bare, 200);
}

static void print_ids(const struct bare *bare)
{
    const char *rest = bare->list.bytes;
    for (const char *id; (id = next_id(&rest));)
        printf("%.36s\n", id);
}

/* Sends the next DELETE on a handle that is free. False: there is none left. */
static bool send_next(struct bare *bare, CURL *easy, int every)
{
    char url[512];
    const char *id = NULL;
    for (int i = 0; i < every; i++)
        id = next_id(&bare->rest);
    if (id == NULL)
        return false;
    (void)snprintf(url, sizeof url, "%s/connections/%.36s", need("XERO_API_URL"), id);
    submit(bare, easy, url);
    return true;
}

static void disconnect(struct bare *bare, int every, int concurrency)
{
    CURL *handles[CONCURRENCY_MAX];
    bare->rest = bare->list.bytes;
    for (int i = 0; i < concurrency; i++) {
        handles[i] = new_request(bare);
        curl_easy_setopt(handles[i], CURLOPT_CUSTOMREQUEST, "DELETE");
        (void)send_next(bare, handles[i], every);
    }
    while (bare->flying > 0)
        (void)send_next(bare, take_answer(bare, 204), every);
    for (int i = 0; i < concurrency; i++)
        curl_easy_cleanup(handles[i]);
}

static void set_up(struct bare *bare)
{
    char bearer[512];
    (void)snprintf(bearer, sizeof bearer, "Authorization: Bearer %s", need("XERO_ACCESS_TOKEN"));
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        fail("cannot set libcurl up");
    bare->headers = curl_slist_append(NULL, bearer);
    bare->epoll = epoll_create1(EPOLL_CLOEXEC);
    bare->multi = curl_multi_init();
    if (bare->multi == NULL || bare->epoll < 0)
        fail("cannot set libcurl up");
    curl_multi_setopt(bare->multi, CURLMOPT_SOCKETFUNCTION, on_watch);
    curl_multi_setopt(bare->multi, CURLMOPT_SOCKETDATA, bare);
    curl_multi_setopt(bare->multi, CURLMOPT_TIMERFUNCTION, on_alarm);
    curl_multi_setopt(bare->multi, CURLMOPT_TIMERDATA, bare);
}

int main(int argc, char **argv)
{
    struct bare bare = {.alarm = -1};
    int every = argc == 3 ? (int)strtol(argv[1], NULL, 10) : 1;
    int concurrency = argc == 3 ? (int)strtol(argv[2], NULL, 10) : 1;
    if (every < 1 || concurrency < 1 || concurrency > CONCURRENCY_MAX) {
        fputs("usage: bare [EVERY CONCURRENCY]\n", stderr);
        return 2;
    }
    set_up(&bare);
    CURL *first = new_request(&bare);
    list(&bare, first);
    if (argc == 3)
        disconnect(&bare, every, concurrency);
    else
        print_ids(&bare);
    curl_easy_cleanup(first);
    curl_multi_cleanup(bare.multi);
    curl_slist_free_all(bare.headers);
    free(bare.list.bytes);
    curl_global_cleanup();
    return 0;
}
