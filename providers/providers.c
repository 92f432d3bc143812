/* providers.c - the table of providers, and the calls that go through it. */
#include "providers/providers_int.h"

#include "connector/base/die.h"
#include "connector/base/mem.h"

#define LOGIN_MAX (16 * KIB) /* a name, a password, a token */

static const struct provider *const provider_row[] = {
	&provider_relay,
	&provider_direct,
	&provider_smtp_auth,
};
static const char *const name_row[] = {"relay", "direct", "smtp-auth"};

const char *const *provider_names(size_t *n_r)
{
	*n_r = ARRAY_LEN(name_row);
	return name_row;
}

const char *hop_mood_name(enum hop_mood mood)
{
	static const char *const name[] = {
		[HOP_FINE] = "fine",
		[HOP_THROTTLES] = "throttles",
		[HOP_DOWN] = "down",
		[HOP_REFUSES_US] = "refuses us",
	};

	return mood < ARRAY_LEN(name) ? name[mood] : "?";
}

struct hop *hop_new(const struct hop_conf *conf, struct err *e)
{
	const char *via = conf->tenant->deliver.via;

	for (size_t i = 0; via && i < ARRAY_LEN(provider_row); i++) {
		struct hop *h;

		if (!str_is(str_of(via), provider_row[i]->name))
			continue;
		h = provider_row[i]->hop_new(conf, e);
		if (h) {
			h->provider = provider_row[i];
			h->users = 1;
		}
		return h;
	}
	err_set(e, ERR_CONFIG, 0, "tenant %s: deliver.via: no provider '%s'",
		conf->tenant->tenant, via ? via : "");
	return NULL;
}

static void hop_leave(struct hop *h)
{
	if (--h->users == 0)
		h->provider->hop_end(h);
}

void hop_free(struct hop **h)
{
	struct hop *old = TAKE(*h);

	if (old)
		hop_leave(old);
}

const char *hop_name(const struct hop *h)
{
	return h->name;
}

struct link *link_open(struct hop *h, const char *route,
		       const struct link_ops *ops, void *arg)
{
	struct link *l = h->provider->link_open(h, route);

	h->users++;
	l->hop = h;
	l->ops = ops;
	l->arg = arg;
	return l;
}

struct link *link_open_as(struct hop *h, const char *route,
			  const struct smtp_login *login,
			  const struct link_ops *ops, void *arg)
{
	struct link *l = link_open(h, route, ops, arg);
	struct link_login *to = NEW(struct link_login);

	to->user = BUF_MAX(LOGIN_MAX);
	to->secret = BUF_MAX(LOGIN_MAX);
	to->user.secret = to->secret.secret = true;
	buf_put_str(&to->user, login->user);
	buf_put_str(&to->secret, login->secret);
	to->as = (struct smtp_login){buf_str(&to->user), buf_str(&to->secret),
				     login->is_token};
	l->login = to;
	return l;
}

void link_login_free(struct link *l)
{
	struct link_login *old = TAKE(l->login);

	if (!old)
		return;
	buf_release(&old->user);
	buf_release(&old->secret);
	mem_free(old);
}

void hop_bears(const struct hop *h, unsigned *connections, unsigned *per_minute)
{
	if (h->provider->hop_bears)
		h->provider->hop_bears(h, connections, per_minute);
}

void link_send(struct link *l, struct smtp_mail *m)
{
	l->hop->provider->link_send(l, m);
}

void link_close(struct link **l)
{
	struct link *old = TAKE(*l);
	struct hop *h;

	if (!old)
		return;
	h = old->hop;
	link_login_free(old);
	h->provider->link_end(old);
	hop_leave(h);
}

enum hop_kind link_kind(const struct link *l)
{
	return l->hop->kind;
}

const char *link_remote(const struct link *l)
{
	return l->remote;
}

const char *link_tls(const struct link *l)
{
	return l->hop->provider->link_tls(l);
}

const struct smtp_caps *link_caps(const struct link *l)
{
	return l->hop->provider->link_caps(l);
}
