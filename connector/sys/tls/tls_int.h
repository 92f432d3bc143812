/* tls_int.h - what tls.c and session.c share. */
#ifndef SEKISHO_SYS_TLS_INT_H
#define SEKISHO_SYS_TLS_INT_H

#include <openssl/types.h>
#include "connector/base/vec.h"
#include "connector/sys/tls/tls.h"

struct tls_name {
	char *name;
	struct tls_ctx *ctx;
};

struct tls_ctx {
	SSL_CTX *ssl;
	_Atomic unsigned refs;
	bool server;
	enum tls_verify verify;
	unsigned char alpn[32]; /* wire form: length, name */
	unsigned alpn_n;
	struct {
		VEC_OF(struct tls_name);
	} names; /* SNI */
};

struct tls_session {
	SSL *ssl;
	struct tls_ctx *ctx;
	const char *asked;  /* of ctx->names, by SNI */
	bool verify_failed; /* set while the peer's chain is checked */
	bool done;	    /* handshake */
	bool broken;	    /* OpenSSL wants no further call */
};

/* Last error of OpenSSL's queue into e; empties the queue. */
void tls_error(struct err *e, enum err_class class, const char *what);

#endif
