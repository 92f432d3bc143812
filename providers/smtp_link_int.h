/* smtp_link_int.h - a link by SMTP over places that are tried in order: the ground
 * on which relay, direct and the others that speak SMTP stand.
 *
 * A provider fills in the places (its `find`), says go or fail; the rest, TLS
 * in the clear or not and the next place, is the same for all.
 */
#ifndef SEKISHO_PROVIDERS_SMTP_LINK_INT_H
#define SEKISHO_PROVIDERS_SMTP_LINK_INT_H

#include "providers/providers_int.h"

#define PLACES_MAX    16 /* tried for one connection */
#define HOST_TEXT_MAX 256

/* A host by one of its addresses. */
struct place {
	char host[HOST_TEXT_MAX]; /* SNI, and the name to verify */
	struct resolved to;
};

struct smtp_hop {
	struct hop base; /* first */
	struct loop *loop;
	const struct smtp_timeouts *timeouts;
	char *ehlo;
	uint16_t port;
	enum smtp_tls tls;
	struct tls_ctx *tls_ctx;
};
/* What every such hop takes from the settings. */
bool smtp_hop_init(struct smtp_hop *h, enum hop_kind kind,
		   const struct hop_conf *conf, struct err *e) MUST_USE;
void smtp_hop_release(struct smtp_hop *h);

struct smtp_link {
	struct link base; /* first */
	struct smtp_hop *hop;
	/* On a later turn than link_open(): places, then go or fail. */
	void (*find)(struct smtp_link *l);
	/* Every place failed; or NULL. */
	void (*spent)(struct smtp_link *l);
	struct timer *begin;
	struct smtp_client *client;
	struct place place[PLACES_MAX];
	size_t place_n, at;
	bool ready, in_clear;
};
void smtp_link_init(struct smtp_link *l, struct smtp_hop *h);
void smtp_link_release(struct smtp_link *l);
void smtp_link_go(struct smtp_link *l);
/* The link cannot be opened: ours to say, not a peer's words. permanent:
 * nobody on this route will ever get mail. */
void smtp_link_fail(struct smtp_link *l, bool permanent, const char *status,
		    const char *text);

/* Rows for struct provider. */
void smtp_link_send(struct link *base, struct smtp_mail *m);
const char *smtp_link_tls(const struct link *base);
const struct smtp_caps *smtp_link_caps(const struct link *base);

#endif
