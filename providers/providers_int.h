/* providers_int.h - what a provider gives, and what it finds. */
#ifndef SEKISHO_PROVIDERS_INT_H
#define SEKISHO_PROVIDERS_INT_H

#include "providers/providers.h"

#define REMOTE_MAX 256

/* First member of a provider's own hop and link. */
struct hop {
	const struct provider *provider;
	enum hop_kind kind;
	unsigned users; /* owner and links */
	char name[REMOTE_MAX];
};
struct link_login {
	struct buf user, secret; /* wiped */
	struct smtp_login as;	 /* borrows both */
};
struct link {
	struct hop *hop;
	struct link_login *login; /* until the link is ready; or NULL */
	const struct link_ops *ops;
	void *arg;
	char remote[REMOTE_MAX];
};

struct provider {
	const char *name;
	struct hop *(*hop_new)(const struct hop_conf *conf, struct err *e);
	void (*hop_end)(struct hop *h); /* frees */
	struct link *(*link_open)(struct hop *h, const char *route);
	void (*link_send)(struct link *l, struct smtp_mail *m);
	void (*link_end)(struct link *l); /* frees */
	const char *(*link_tls)(const struct link *l);
	const struct smtp_caps *(*link_caps)(const struct link *l);
	/* NULL: what the settings say. */
	void (*hop_bears)(const struct hop *h, unsigned *connections,
			  unsigned *per_minute);
};
extern const struct provider provider_relay, provider_direct,
	provider_smtp_auth;

/* providers.c */
void link_login_free(struct link *l);

/* replies.c: what an answer says about the hop itself. */
enum hop_mood reply_mood(const struct smtp_answer *a, enum smtp_stage at,
			 enum hop_kind kind);
/* The same over a whole mail; classes of recipients are corrected. */
enum hop_mood reply_judge(struct smtp_mail *m, enum hop_kind kind);
/* The table's row that an answer meets, or -1; how many there are. */
ptrdiff_t reply_row(const struct smtp_answer *a, enum smtp_stage at,
		    enum hop_kind kind);
size_t reply_rows(void);

#endif
