/* providers.h - ways of delivery, one row each; answers come as classes.
 *
 * A hop is how one tenant's mail goes by one provider: built once from the
 * configuration (TLS context, names), shared by its links.  A link leads along
 * one route of it (all mail, one recipient domain, one mailbox) and carries
 * one copy at a time.  Callers schedule: links do not queue and do not retry.
 * Every provider takes an SMTP envelope, for that is what was accepted.
 * Logins are the caller's to get: providers know no token endpoints.
 * All on one loop; callbacks come from the loop, never out of the call that
 * asked; inside one the owner may send or close.
 */
#ifndef SEKISHO_PROVIDERS_H
#define SEKISHO_PROVIDERS_H

#include "connector/conf/config.h"
#include "connector/smtp/client.h"
#include "connector/sys/dns/dns.h"
#include "connector/sys/dns/resolve.h"

/* How the next hop stands to us, as its replies show. Strongest last. */
enum hop_mood {
	HOP_FINE,
	HOP_THROTTLES,	/* slower: nothing for a while */
	HOP_DOWN,	/* could not be reached */
	HOP_REFUSES_US, /* settings are wrong, here or there: alarm, wait */
};
const char *hop_mood_name(enum hop_mood mood);

struct hop_conf {
	struct loop *loop;
	struct resolver *resolver;	  /* of configured hosts */
	struct dns *dns;		  /* of MX hosts; lives longer */
	const struct tenant_conf *tenant; /* copied as far as needed */
	const char *hostname;		  /* EHLO, unless the tenant has one */
	const struct resolved *own; /* where we take mail: no MX of others */
	size_t own_n;
	const struct smtp_timeouts *timeouts; /* NULL: default; lives longer */
};
struct hop;
struct hop *hop_new(const struct hop_conf *conf, struct err *e) MUST_USE;
/* Links that are open keep what they need of it. */
void hop_free(struct hop **h);
const char *hop_name(const struct hop *h); /* "relay.example.jp:25" */

struct link_end {
	bool was_ready; /* it ended while idle: no bad sign */
	bool permanent; /* nobody on this route will ever get mail */
	enum hop_mood mood;
	enum smtp_stage at;
	struct smtp_answer answer;
};
struct link;
struct link_ops {
	void (*on_ready)(void *arg);
	/* Every recipient has its class. usable: another may follow; if not,
	 * link_close() is all that is left. */
	void (*on_sent)(void *arg, struct smtp_mail *m, enum hop_mood mood,
			bool usable);
	/* Could not be opened, or ended while idle: link_close() it. */
	void (*on_end)(void *arg, const struct link_end *end);
};
/* route: "" where the hop has but one; copied. */
struct link *link_open(struct hop *h, const char *route,
		       const struct link_ops *ops, void *arg);
/* The same with a login, copied and wiped when the link is ready or ends. */
struct link *link_open_as(struct hop *h, const char *route,
			  const struct smtp_login *login,
			  const struct link_ops *ops, void *arg);
void link_send(struct link *l, struct smtp_mail *m);
/* Says goodbye when idle; drops it otherwise: a mail in hand then has its
 * classes (deferred or unknown as it stands), without callback. */
void link_close(struct link **l);
const char *link_remote(const struct link *l); /* "host[192.0.2.1]" */
const char *link_tls(const struct link *l);    /* "TLSv1.3" or "" */
const struct smtp_caps *link_caps(const struct link *l);

/* What a recipient's answer means beyond its class, as the table of replies
 * has it. */
enum reply_means {
	REPLY_PLAIN, /* what it says */
	REPLY_THROTTLE,
	REPLY_MISCONFIGURED,
	REPLY_LOOP,	  /* somebody has to look; never a bounce */
	REPLY_QUOTA,	  /* again after its window */
	REPLY_FEWER,	  /* this one in another transaction */
	REPLY_ONE_DOMAIN, /* one recipient domain in a transaction */
};
/* Whose replies are read: a mask in the table of replies. */
enum hop_kind {
	HOP_RELAY = 1,	 /* the tenant's own relay */
	HOP_DIRECT = 2,	 /* anybody's server */
	HOP_MAILBOX = 4, /* submission by login */
};
enum hop_kind link_kind(const struct link *l);
enum reply_means reply_means(const struct smtp_rcpt *r, enum hop_kind kind,
			     int64_t *window_us_r);

/* What one route bears at most, in place of what the settings say. */
void hop_bears(const struct hop *h, unsigned *connections,
	       unsigned *per_minute);

/* Names of all providers, for the check of the configuration. */
const char *const *provider_names(size_t *n_r);

#endif
