/* providers.c - the table of providers, and the calls that go through it. */
#include "providers/providers_int.h"

#include "connector/base/die.h"
#include "connector/base/mem.h"

static const struct provider *const provider_row[] = {
	&provider_relay,
	&provider_direct,
};
static const char *const name_row[] = {"relay", "direct"};

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
	h->provider->link_end(old);
	hop_leave(h);
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
