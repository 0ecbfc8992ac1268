/*
 * A proxy on loopback that spoils answers on their way: what a network can do to them.
 *
 *   proxy PORT
 *
 * It passes everything on to that port, and prints the port that it listens on.
 *
 *   GET /fault/OP/K/HOW
 *
 * spoils the next answer to OP after its first K bytes. OP is token, list or delete; or a number N
 * for the Nth connection from now on, whatever is said on it: it may be TLS. HOW is rst (a reset),
 * fin (a close), stall (nothing more comes), drip (a byte at a time comes), or nul (a NUL takes the
 * place of the next byte).
 *
 *   GET /lengths
 *
 * says how long the last answers were, by OP, and the longest connection.
 *
 * One thread, no locks; what it does not expect ends it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PAIRS = 128, ROOM = 16384, DRIP_MS = 20 };

enum op { OP_TOKEN, OP_LIST, OP_DELETE, OP_CONNECTION, OPS };
enum how { HOW_RST, HOW_FIN, HOW_STALL, HOW_DRIP, HOW_NUL, HOWS };

static const char *const op_names[OPS] = {"token", "list", "delete", "connection"};
static const char *const op_begins[OPS] = {"POST /connect/token", "GET /connections",
                                           "DELETE /connections/", NULL};
static const char *const how_names[HOWS] = {"rst", "fin", "stall", "drip", "nul"};

struct fault {
    enum op op;
    long connection; /* counted down to the one that is meant */
    long after;
    enum how how;
    bool armed;
};

struct pair {
    int client; /* -1: the pair is free */
    int server;
    enum op op; /* what was asked last */
    bool meant; /* the fault is for this connection */
    long answered; /* bytes of the answer so far */
    long passed; /* bytes from the server so far, of all answers */
    char held[ROOM]; /* what drips */
    size_t held_length;
    bool drips;
    bool stalls;
};

struct proxy {
    int listener;
    uint16_t target;
    struct fault fault;
    long lengths[OPS];
    struct pair pairs[PAIRS];
};

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static struct sockaddr_in loopback(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static int listen_anywhere(uint16_t *port)
{
    struct sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) != 0 || listen(fd, PAIRS) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) != 0)
        fail("listen");
    *port = ntohs(address.sin_port);
    return fd;
}

/* What the peer has left meanwhile is lost, as on any network. */
static void put(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR)
            return;
        bytes += sent > 0 ? sent : 0;
        length -= sent > 0 ? (size_t)sent : 0;
    }
}

static void drop(struct pair *pair, bool reset)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    if (reset && setsockopt(pair->client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) != 0)
        fail("setsockopt");
    (void)close(pair->client);
    if (pair->server >= 0)
        (void)close(pair->server);
    pair->client = pair->server = -1;
}

/* The name that a text begins with, and that no further letter follows; -1: none. */
static int find_name(const char *const *names, int count, const char *text)
{
    for (int i = 0; i < count; i++) {
        size_t length = strlen(names[i]);
        if (strncmp(names[i], text, length) == 0 && strchr("/ \r", text[length]))
            return i;
    }
    return -1;
}

/* Takes OP/K/HOW. False where it is none. */
static bool arm(struct fault *fault, const char *text)
{
    const char *after = strchr(text, '/');
    const char *how = after ? strchr(after + 1, '/') : NULL;
    if (!how)
        return false;
    int op = find_name(op_names, OPS, text), way = find_name(how_names, HOWS, how + 1);
    long connection = strtol(text, NULL, 10);
    if (way < 0 || (op < 0 && connection < 1))
        return false;
    *fault = (struct fault){.op = op < 0 ? OP_CONNECTION : (enum op)op,
                            .connection = connection,
                            .after = strtol(after + 1, NULL, 10),
                            .how = (enum how)way,
                            .armed = true};
    return true;
}

/* Answers what concerns the proxy itself, and closes. */
static void obey(struct proxy *proxy, struct pair *pair, const char *request)
{
    char body[256] = "", answer[512];
    bool good = true;
    if (strncmp(request, "GET /fault/", 11) == 0) {
        good = arm(&proxy->fault, request + 11);
    } else {
        for (int i = 0; i < OPS; i++) {
            size_t used = strlen(body);
            (void)snprintf(body + used, sizeof body - used, "%s %ld\n", op_names[i],
                           proxy->lengths[i]);
        }
    }
    int length = snprintf(answer, sizeof answer, "HTTP/1.0 %s\r\nContent-Length: %zu\r\n\r\n%s",
                          good ? "200 OK" : "400 Bad", strlen(body), body);
    put(pair->client, answer, (size_t)length);
    drop(pair, false);
}

static void connect_server(struct proxy *proxy, struct pair *pair)
{
    struct sockaddr_in address = loopback(proxy->target);
    pair->server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (pair->server < 0 || connect(pair->server, (struct sockaddr *)&address, sizeof address) != 0)
        fail("connect");
    struct fault *fault = &proxy->fault;
    if (fault->armed && fault->op == OP_CONNECTION && --fault->connection == 0) {
        pair->meant = true;
        fault->armed = false;
    }
}

static void from_client(struct proxy *proxy, struct pair *pair)
{
    char bytes[ROOM + 1];
    ssize_t got = recv(pair->client, bytes, ROOM, 0);
    if (got <= 0) {
        drop(pair, false);
        return;
    }
    bytes[got] = '\0';
    if (pair->server < 0) {
        if (strncmp(bytes, "GET /fault/", 11) == 0 || strncmp(bytes, "GET /lengths", 12) == 0) {
            obey(proxy, pair, bytes);
            return;
        }
        connect_server(proxy, pair);
    }
    for (int op = 0; op < OP_CONNECTION; op++) {
        if (strncmp(bytes, op_begins[op], strlen(op_begins[op])) != 0)
            continue;
        pair->op = (enum op)op;
        pair->answered = 0;
        if (proxy->fault.armed && proxy->fault.op == pair->op) {
            pair->meant = true;
            proxy->fault.armed = false;
        }
    }
    put(pair->server, bytes, (size_t)got);
}

/* Passes on what the fault leaves of length bytes; begin of them come before it. */
static void spoil(struct proxy *proxy, struct pair *pair, char *bytes, size_t length, size_t begin)
{
    pair->meant = false;
    switch (proxy->fault.how) {
    case HOW_RST:
    case HOW_FIN:
        put(pair->client, bytes, begin);
        drop(pair, proxy->fault.how == HOW_RST);
        break;
    case HOW_STALL:
        put(pair->client, bytes, begin);
        pair->stalls = true;
        break;
    case HOW_DRIP:
        put(pair->client, bytes, begin);
        memcpy(pair->held, bytes + begin, length - begin);
        pair->held_length = length - begin;
        pair->drips = true;
        break;
    case HOW_NUL:
        if (begin < length)
            bytes[begin] = '\0';
        put(pair->client, bytes, length);
        break;
    case HOWS:
        break;
    }
}

static void from_server(struct proxy *proxy, struct pair *pair)
{
    char bytes[ROOM];
    ssize_t got = recv(pair->server, bytes, sizeof bytes, 0);
    if (got <= 0) {
        drop(pair, false);
        return;
    }
    long before = proxy->fault.op == OP_CONNECTION ? pair->passed : pair->answered;
    pair->answered += got;
    pair->passed += got;
    proxy->lengths[pair->op] = pair->answered;
    if (pair->passed > proxy->lengths[OP_CONNECTION])
        proxy->lengths[OP_CONNECTION] = pair->passed;
    if (pair->stalls)
        return;
    if (pair->meant && before + got >= proxy->fault.after)
        spoil(proxy, pair, bytes, (size_t)got, (size_t)(proxy->fault.after - before));
    else
        put(pair->client, bytes, (size_t)got);
}

static void drip(struct pair *pair)
{
    if (pair->held_length == 0)
        return;
    put(pair->client, pair->held, 1);
    memmove(pair->held, pair->held + 1, --pair->held_length);
}

static void take_client(struct proxy *proxy)
{
    int client = accept(proxy->listener, NULL, NULL);
    if (client < 0)
        fail("accept");
    for (int i = 0; i < PAIRS; i++) {
        if (proxy->pairs[i].client >= 0)
            continue;
        proxy->pairs[i] = (struct pair){.client = client, .server = -1};
        return;
    }
    (void)close(client);
}

/* Waits for something to come, and passes it on. */
static void turn(struct proxy *proxy)
{
    struct pollfd waits[1 + 2 * PAIRS] = {{.fd = proxy->listener, .events = POLLIN}};
    bool dripping = false;
    for (int i = 0; i < PAIRS; i++) {
        struct pair *pair = &proxy->pairs[i];
        bool held = pair->client >= 0 && pair->held_length > 0;
        dripping = dripping || held;
        waits[1 + 2 * i] = (struct pollfd){.fd = pair->client, .events = POLLIN};
        waits[2 + 2 * i] = (struct pollfd){.fd = held ? -1 : pair->server, .events = POLLIN};
    }
    int ready = poll(waits, sizeof waits / sizeof *waits, dripping ? DRIP_MS : -1);
    if (ready < 0 && errno != EINTR)
        fail("poll");
    for (int i = 0; i < PAIRS && ready >= 0; i++) {
        struct pair *pair = &proxy->pairs[i];
        if (pair->client >= 0 && waits[2 + 2 * i].revents != 0)
            from_server(proxy, pair);
        if (pair->client >= 0 && waits[1 + 2 * i].revents != 0)
            from_client(proxy, pair);
        if (pair->client >= 0 && dripping)
            drip(pair);
    }
    if (ready >= 0 && waits[0].revents != 0)
        take_client(proxy);
}

int main(int argc, char **argv)
{
    static struct proxy proxy;
    uint16_t port;
    if (argc != 2)
        return 2;
    proxy.target = (uint16_t)strtoul(argv[1], NULL, 10);
    proxy.listener = listen_anywhere(&port);
    for (int i = 0; i < PAIRS; i++)
        proxy.pairs[i].client = proxy.pairs[i].server = -1;
    (void)signal(SIGPIPE, SIG_IGN);
    printf("%u\n", (unsigned)port);
    (void)fflush(stdout);
    for (;;)
        turn(&proxy);
}
