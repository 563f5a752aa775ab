/* Sockets that never wait, and the one epoll in which all of them are. */
#define _GNU_SOURCE
#include "loadgen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EVENTS 256
#define FIRST_ROOM 4096
#define TOLD 3 /* so many connections tell why they ended; the rest are counted */

static int epoll;

uint64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void network_open(void)
{
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0)
        fail("no epoll: %s", strerror(errno));
}

static void watch_for(struct client *client, int operation, bool writing)
{
    struct epoll_event event = {EPOLLIN | (writing ? EPOLLOUT : 0), {.ptr = client}};

    client->waits_to_write = writing;
    epoll_ctl(epoll, operation, client->fd, &event);
}

void client_gone(struct client *client, const char *why)
{
    if (client->state == GONE)
        return;
    if (totals.gone++ < TOLD)
        fprintf(stderr, "loadgen: a connection ended (%s)\n", why);
    totals.in -= client->state == IN;
    client->state = GONE;
    close(client->fd);
}

void client_entered(struct client *client)
{
    client->state = IN;
    totals.in++;
    histogram_add(&totals.entering, now_us() - client->began);
}

void client_connect(struct client *client)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)settings.port),
        .sin_addr = {htonl(INADDR_LOOPBACK)},
    };
    int on = 1;

    client->began = now_us();
    client->state = CONNECTING;
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (client->fd < 0)
        fail("no socket: %s", strerror(errno));
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    bytes_reserve(&client->in, FIRST_ROOM);
    if (connect(client->fd, (void *)&address, sizeof address) && errno != EINPROGRESS) {
        client_gone(client, strerror(errno));
        return;
    }
    watch_for(client, EPOLL_CTL_ADD, true);
}

static void finish_connecting(struct client *client)
{
    int error = 0;
    socklen_t length = sizeof error;

    getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error) {
        client_gone(client, strerror(error));
        return;
    }
    watch_for(client, EPOLL_CTL_MOD, false);
    client->state = UPGRADING;
    websocket_upgrade(client);
}

/* As much as the kernel takes now; -1 if the connection ended. */
static ssize_t write_some(struct client *client, const uint8_t *data, size_t length)
{
    ssize_t written = write(client->fd, data, length);

    if (written >= 0)
        return written;
    if (errno == EAGAIN)
        return 0;
    client_gone(client, strerror(errno));
    return -1;
}

void client_send(struct client *client, const void *data, size_t length)
{
    ssize_t written = 0;

    if (client->state == GONE)
        return;
    if (client->out.length == 0)
        written = write_some(client, data, length);
    if (written < 0 || (size_t)written == length)
        return;
    totals.blocked_writes++;
    length -= (size_t)written;
    bytes_reserve(&client->out, client->out.length + length);
    memcpy(client->out.data + client->out.length, (const uint8_t *)data + written, length);
    client->out.length += length;
    if (!client->waits_to_write)
        watch_for(client, EPOLL_CTL_MOD, true);
}

static void send_waiting(struct client *client)
{
    ssize_t written = write_some(client, client->out.data, client->out.length);

    if (written < 0)
        return;
    client->out.length -= (size_t)written;
    memmove(client->out.data, client->out.data + written, client->out.length);
    if (client->out.length == 0)
        watch_for(client, EPOLL_CTL_MOD, false);
}

static void read_waiting(struct client *client)
{
    struct bytes *in = &client->in;
    ssize_t got;
    size_t used;

    if (in->length == in->room)
        bytes_reserve(in, in->room * 2);
    got = read(client->fd, in->data + in->length, in->room - in->length);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0) {
        client_gone(client, got ? strerror(errno) : "the server closed it");
        return;
    }
    in->length += (size_t)got;
    used = websocket_read(client, now_us());
    in->length -= used;
    if (used && in->length)
        memmove(in->data, in->data + used, in->length);
}

static void serve(struct client *client, uint32_t events)
{
    if (client->state == CONNECTING) {
        finish_connecting(client);
        return;
    }
    if (events & EPOLLOUT && client->state != GONE)
        send_waiting(client);
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR) && client->state != GONE)
        read_waiting(client);
}

/* Waits so long at most, and serves every connection that has something. */
void network_wait(int64_t microseconds)
{
    struct epoll_event events[EVENTS];
    struct timespec limit = {microseconds / 1000000, microseconds % 1000000 * 1000};
    int count = epoll_pwait2(epoll, events, EVENTS, &limit, NULL);

    for (int i = 0; i < count; i++)
        serve(events[i].data.ptr, events[i].events);
}
