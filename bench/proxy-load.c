/*
 * The load of proxy.bench.mjs where there is a C compiler: a load in JavaScript has pauses of its own, which the 99th
 * percentile would show as the proxy's. The same as proxy-load.mjs: one line of JSON.
 *
 *   proxy-load PORT echo          answers octets with themselves
 *   proxy-load PORT trips COUNT   one BNDUPD of 200 octets there and back, again and again
 *   proxy-load PORT batch COUNT   256 of them on their way, as many as the window allows in one write
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MESSAGE = 200, WINDOW = 256, WARM_UP = 2000 };

static uint8_t message[MESSAGE];

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static void check(int ok, const char *what) {
  if (ok) return;
  perror(what);
  exit(1);
}

static void no_delay(int s) {
  int one = 1;
  setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static struct sockaddr_in loopback(int port) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  return a;
}

static void echo(int port) {
  struct sockaddr_in a = loopback(port);
  static uint8_t buffer[1 << 18];
  int one = 1, l = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  check(bind(l, (void *)&a, sizeof a) == 0 && listen(l, 64) == 0, "listen");
  signal(SIGCHLD, SIG_IGN);
  for (;;) {
    int s = accept(l, 0, 0);
    if (s < 0) continue;
    if (fork() == 0) {
      ssize_t got;
      no_delay(s);
      while ((got = read(s, buffer, sizeof buffer)) > 0)
        for (ssize_t at = 0, put; at < got; at += put) check((put = write(s, buffer + at, got - at)) > 0, "write");
      _exit(0);
    }
    close(s);
  }
}

/* A BNDUPD that nobody has to understand: its header, and one option of an unknown code would do; this one is whole. */
static void make_message(void) {
  static const uint8_t head[] = {0, 198, 24, 0, 0, 1, 0x32, 0, 0, 0, 0, 45, 0, 186, 0, 1, 0, 14, 0, 1, 0, 1, 0x2a, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0, 100, 0, 4, 0x32, 0, 0, 0, 0, 3, 0, 156, 0, 0, 0, 1, 0, 0, 7, 8, 0, 0, 11, 0x40, 0, 5, 0, 140, 0x20, 1, 13, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 14, 16, 0, 0, 28, 32, 0, 114, 0, 1, 1};
  static const uint8_t codes[] = {133, 134, 46, 123, 126, 120};
  uint8_t *p = message + sizeof head;
  memcpy(message, head, sizeof head);
  for (int i = 0; i < 6; i++) {
    uint8_t option[] = {0, codes[i], 0, 4, 0, 0, 0, i + 1};
    memcpy(p, option, sizeof option);
    p += sizeof option;
  }
  size_t rest = message + MESSAGE - p - 4;
  uint8_t name[] = {0, 39, 0, rest, 0, rest - 3};
  memcpy(p, name, sizeof name);
  memset(p + sizeof name, 'a', rest - 3);
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void trips(int s, long count) {
  uint8_t back[MESSAGE];
  double *times = malloc(count * sizeof *times);
  for (long i = -WARM_UP; i < count; i++) {
    double began = now();
    check(write(s, message, MESSAGE) == MESSAGE, "write");
    for (ssize_t at = 0, got; at < MESSAGE; at += got) check((got = read(s, back + at, MESSAGE - at)) > 0, "read");
    if (i >= 0) times[i] = (now() - began) * 1e6;
  }
  qsort(times, count, sizeof *times, by_value);
  printf("{\"p50\":%.2f,\"p99\":%.2f}\n", times[count / 2], times[count * 99 / 100]);
}

static void batch(int s, long count) {
  static uint8_t window[MESSAGE * WINDOW * 2], back[1 << 18];
  long sent = 0, got = 0, total = count * MESSAGE;
  double began = now();
  for (int i = 0; i < WINDOW * 2; i++) memcpy(window + i * MESSAGE, message, MESSAGE);
  fcntl(s, F_SETFL, O_NONBLOCK);
  while (got < total) {
    struct pollfd p = {s, POLLIN, 0};
    long limit = (got / MESSAGE + WINDOW) * MESSAGE, can = (limit < total ? limit : total) - sent;
    if (can > 0) {
      ssize_t put = write(s, window + sent % MESSAGE, can);
      if (put > 0) sent += put;
      else if (errno == EAGAIN) p.events |= POLLOUT;
      else check(0, "write");
    }
    poll(&p, 1, -1);
    ssize_t came;
    while ((came = read(s, back, sizeof back)) > 0) got += came;
    check(came < 0 && errno == EAGAIN, "read");
  }
  printf("{\"perSecond\":%.0f}\n", count / (now() - began));
}

int main(int argc, char **argv) {
  check(argc >= 3, "arguments");
  int port = atoi(argv[1]);
  if (strcmp(argv[2], "echo") == 0) echo(port);
  struct sockaddr_in a = loopback(port);
  int s = socket(AF_INET, SOCK_STREAM, 0);
  check(connect(s, (void *)&a, sizeof a) == 0, "connect");
  no_delay(s);
  make_message();
  if (strcmp(argv[2], "trips") == 0) trips(s, atol(argv[3]));
  else batch(s, atol(argv[3]));
  return 0;
}
