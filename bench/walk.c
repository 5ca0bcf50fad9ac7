/* walk.c - lower bound for offline dissection on one core.
 *
 *   walk MODE FILE.pcap     MODE: hdr (record headers only) | opts (full option walk)
 *
 * Reads a little-endian microsecond pcap in 4 MiB chunks, finds TCP/UDP over
 * IPv4/IPv6, reassembles in-order TCP per direction, cuts messages at the
 * 2-byte length, walks the nested options recursively. Builds no objects,
 * prints counters only. Handles no loss, no reordering: a floor, not a tool.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CH (4 << 20)
typedef struct { uint32_t key, next; int used; size_t n; uint8_t buf[131072]; } flow;
static flow *flows[256];
static uint64_t npkt, nbyte, nmsg, nopt, sum, gaps;

static inline unsigned g16(const uint8_t *p) { return p[0] << 8 | p[1]; }
static inline uint32_t g32(const uint8_t *p) { return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]; }

static int sub(unsigned code) {          /* offset of nested options, -1 when a leaf */
    switch (code) {
    case 3: case 25: return 12;
    case 4: return 4;
    case 5: return 24;
    case 26: return 25;
    case 45: case 116: return 0;
    default: return -1;
    }
}
static void opts(const uint8_t *p, const uint8_t *e, int nest) {
    while (e - p >= 4) {
        unsigned c = g16(p), l = g16(p + 2); int s;
        p += 4;
        if (l > (size_t)(e - p)) { gaps++; return; }
        nopt++; sum += c ^ l;
        if (l >= 4) sum += g32(p);
        if (nest && (s = sub(c)) >= 0 && l >= (unsigned)s) opts(p + s, p + l, 1);
        p += l;
    }
}
static size_t stream(const uint8_t *p, size_t n, int kind) {
    size_t o = 0;
    while (n - o >= 2) {
        size_t l = g16(p + o) + (kind == 4 ? 0 : 2), h = kind == 4 ? 12 : kind == 6 ? 10 : 6;
        if (l < h) { gaps++; return n; }
        if (n - o < l) break;
        nmsg++;
        opts(p + o + h, p + o + l, kind != 4);
        o += l;
    }
    return o;
}
static void packet(const uint8_t *p, size_t n) {
    unsigned et, proto; const uint8_t *e; uint32_t a; size_t hl; int v6;
    if (n < 34) return;
    et = g16(p + 12); p += 14; n -= 14;
    if (et == 0x86dd) { if (n < 40) return; v6 = 1; proto = p[6]; a = g32(p + 20); hl = g16(p + 4) + 40; e = p + (hl < n ? hl : n); p += 40; }
    else if (et == 0x0800) { v6 = 0; proto = p[9]; a = g32(p + 12); hl = g16(p + 2); e = p + (hl < n ? hl : n); p += (p[0] & 15) * 4; }
    else return;
    if (proto == 17) {
        if (e - p < 12 || !v6) return;
        nmsg++; opts(p + 12, e, 1);
    } else if (proto == 6) {
        unsigned sp = g16(p), dp = g16(p + 2), fl = p[13]; uint32_t sq = g32(p + 4), key; flow *f; size_t used; int kind;
        p += (p[12] >> 4) * 4; n = e - p;
        if (sp != 647 && dp != 647 && sp != 547 && dp != 547) return;
        kind = (sp == 547 || dp == 547) ? 5 : v6 ? 6 : 4;
        key = (a * 2654435761u) ^ (sp << 16 | dp);
        f = flows[key & 255];
        if (!f) { f = flows[key & 255] = malloc(sizeof *f); f->key = key; f->n = 0; f->used = 0; }
        if (fl & 2) { f->next = sq + 1; f->used = 1; return; }
        if (!n) return;
        if (!f->used || sq != f->next) gaps++;
        f->used = 1; f->next = sq + n;
        if (f->n) {
            memcpy(f->buf + f->n, p, n); f->n += n;
            used = stream(f->buf, f->n, kind);
            memmove(f->buf, f->buf + used, f->n -= used);
        } else {
            used = stream(p, n, kind);
            memcpy(f->buf, p + used, f->n = n - used);
        }
    }
}
int main(int ac, char **av) {
    static uint8_t b[CH + 300000]; size_t have = 0, o = 0; ssize_t r; int fd, full;
    if (ac != 3) return 2;
    full = av[1][0] == 'o';
    fd = open(av[2], O_RDONLY); if (fd < 0) { perror(av[2]); return 1; }
    if (read(fd, b, 24) != 24) return 1;
    while ((r = read(fd, b + have, CH)) > 0) {
        have += r; o = 0;
        while (have - o >= 16) {
            uint32_t c; memcpy(&c, b + o + 8, 4);
            if (c > 262144) { fprintf(stderr, "absurd record length\n"); return 1; }
            if (have - o - 16 < c) break;
            npkt++; nbyte += c;
            if (full) packet(b + o + 16, c);
            o += 16 + c;
        }
        memmove(b, b + o, have -= o);
    }
    printf("packets %llu bytes %llu messages %llu options %llu sum %u anomalies %llu rest %zu\n",
           (unsigned long long)npkt, (unsigned long long)nbyte, (unsigned long long)nmsg,
           (unsigned long long)nopt, (uint32_t)sum, (unsigned long long)gaps, have);
    return 0;
}
