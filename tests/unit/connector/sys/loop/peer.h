/* peer.h - one end of a stream under test: records what it is told, and does
 * what a test asks in one of its callbacks.
 */
#ifndef TESTS_SYS_PEER_H
#define TESTS_SYS_PEER_H

#include "connector/sys/loop/conn.h"

enum when { NEVER, ON_DATA, ON_DRAINED, ON_SECURED, ON_CONNECTED, ON_END };

struct peer {
	struct conn *c;
	struct buf got; /* consumed bytes */
	size_t most;	/* longest view */
	int datas, drains, secures, connects, ends;
	enum conn_end how;
	struct err why;
	bool hungry;	/* consumes nothing */
	bool lines;	/* consumes whole lines */
	enum when when; /* call act() there, once */
	void (*act)(struct peer *p);
	void *arg;
};

extern const struct conn_ops peer_ops;

void peer_end(struct peer *p); /* frees what is left */
/* Turn the loop until *flag reaches n, or fail after two seconds. */
void turn_until(struct loop *l, const int *flag, int n);
void turn_for(struct loop *l, int ms);
/* Until `got` is n bytes long. */
void turn_until_got(struct loop *l, const struct peer *p, size_t n);

#endif
