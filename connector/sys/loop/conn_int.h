/* conn_int.h - inside of a stream, shared by conn.c and conn_io.c. */
#ifndef SEKISHO_SYS_CONN_INT_H
#define SEKISHO_SYS_CONN_INT_H

#include "connector/sys/loop/conn.h"
#include "connector/sys/loop/loop_int.h"

enum conn_state {
	CONN_CONNECTING,
	CONN_PLAIN,
	CONN_TLS_WAIT, /* TLS asked for; older plain bytes leave first */
	CONN_HANDSHAKE,
	CONN_SECURED,
};

/* An end that is known but not yet told. */
struct conn_late {
	enum conn_end how;
	struct err why;
};

struct conn {
	struct loop_orphan orphan; /* first: the loop ends what is closing */
	struct loop *loop;
	const struct conn_ops *ops;
	void *arg;
	struct io *io;
	struct timer *deadline, *kick; /* made when first wanted */
	struct tls_session *tls;
	struct conn_late *late;
	struct buf in;	 /* unread bytes; no memory when there are none */
	struct str view; /* what on_data sees now */
	size_t taken;	 /* of view */
	struct buf out;
	size_t out_at;	   /* sent of out */
	size_t plain_left; /* of out, to be sent before the handshake */
	size_t unsent;	   /* bytes that a failed write side never took */
	size_t lingered;   /* bytes dropped after our end */
	int fd;
	unsigned busy; /* depth of our callbacks */
	enum conn_state state;
	bool viewing;	   /* inside on_data */
	bool wipe;	   /* what is consumed of the view is a secret */
	bool view_dropped; /* conn_start_tls() was called there */
	bool paused;
	bool again;	/* bytes of `in` wait to be shown (again) */
	bool in_over;	/* nothing more is read */
	bool dead;	/* nothing more is written */
	bool ended;	/* on_end was called */
	bool drain_due; /* on_drained is owed */
	bool freed;	/* memory goes when busy falls to zero */
	bool closing, fin_sent;
	/* TLS may want the other direction (a late key update, an alert). */
	bool read_wants_write, write_wants_read, shake_wants_write;
};

static inline bool conn_is_open(const struct conn *c)
{
	return c->state == CONN_PLAIN || c->state == CONN_SECURED;
}

void net_nonblocking(int fd);
/* A non-blocking socket with its connect begun. */
bool net_connect(const struct sockaddr *to, socklen_t to_len,
		 const struct sockaddr *bind_to, socklen_t bind_len, int *fd_r,
		 struct err *e) MUST_USE;

/* Remember the first end; it is told from the loop, after unread bytes. */
void conn_late_end(struct conn *c, enum conn_end how, const struct err *why);

/* Send what can be sent now, without callbacks. */
void conn_flush(struct conn *c);
/* As conn_flush, from memory of the caller; the number of bytes sent. */
size_t conn_send_now(struct conn *c, const void *p, size_t n);
/* Receive into p; the bytes got. An end is noted in c. */
size_t conn_receive(struct conn *c, char *p, size_t n);
/* Read and drop after our end; false when the stream is to be closed now. */
bool conn_linger(struct conn *c);

#endif
