/* wire.h - blocking SMTP lines over TCP or TLS, for the load programs only. */
#ifndef SEKISHO_TESTS_LOAD_WIRE_H
#define SEKISHO_TESTS_LOAD_WIRE_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_IN 65536

struct wire {
	int fd;
	SSL *ssl; /* NULL: clear */
	size_t from, to;
	char in[WIRE_IN];
};

/* Microseconds of the real clock: ledgers of two programs are compared. */
int64_t wire_now_us(void);
bool wire_connect(struct wire *w, const char *host, const char *port);
void wire_attach(struct wire *w, int fd);
void wire_close(struct wire *w);
bool wire_tls(struct wire *w, SSL_CTX *ctx, bool server);
bool wire_put(struct wire *w, const void *p, size_t n);
bool wire_puts(struct wire *w, const char *s);
/* One line without its end; longer ones are cut to n - 1. -1: gone. */
long wire_line(struct wire *w, char *line, size_t n);
/* Up to n bytes that came; 0: gone. */
size_t wire_some(struct wire *w, char *p, size_t n);
/* The code of a whole reply, its last line in text; -1: gone. */
int wire_reply(struct wire *w, char *text, size_t n);

#endif
