/* peer.c - what a message keeps of the session and the envelope it came with.
 */
#include "connector/flow/flow_int.h"
#include "connector/sys/loop/conn.h"

static struct str keep(struct judged *j, struct str s)
{
	return arena_str(&j->arena, s);
}

static void addr_keep(struct judged *j, const struct addr *from,
		      struct addr *to)
{
	to->text = keep(j, from->text);
	to->local = keep(j, from->local);
	to->domain = keep(j, from->domain);
	to->key = keep(j, from->key);
	to->key_domain = keep(j, from->key_domain);
}

void envelope_keep(struct judged *j, const struct envelope *env)
{
	j->env = *env;
	addr_keep(j, &env->from, &j->env.from);
	j->env.envid = keep(j, env->envid);
	j->env.rcpt = arena_array(&j->arena, env->rcpt_n, sizeof(*j->env.rcpt));
	j->rcpt = arena_array(&j->arena, env->rcpt_n, sizeof(*j->rcpt));
	j->rcpt_n = env->rcpt_n;
	for (size_t i = 0; i < env->rcpt_n; i++) {
		struct envelope_rcpt *to = &j->env.rcpt[i];

		addr_keep(j, &env->rcpt[i].addr, &to->addr);
		to->notify = env->rcpt[i].notify;
		to->orcpt = keep(j, env->rcpt[i].orcpt);
		j->rcpt[i] = (struct store_rcpt){
			.n = (unsigned)i,
			.address = to->addr.text,
			.key = to->addr.key,
			.notify = to->notify,
			.orcpt = to->orcpt,
			.state = RCPT_RECEIVED,
		};
	}
}

static const struct str *list_keep(struct judged *j, const struct str *v,
				   size_t n)
{
	struct str *kept = arena_array(&j->arena, n + 1, sizeof(*kept));

	for (size_t i = 0; i < n; i++)
		kept[i] = keep(j, v[i]);
	return kept;
}

void session_keep(struct judged *j, const struct flow_session *s,
		  struct flow_session *to)
{
	*to = *s;
	to->helo = keep(j, s->helo);
	to->tls_version = keep(j, s->tls_version);
	to->tls_cipher = keep(j, s->tls_cipher);
	to->certificate_name = list_keep(j, s->certificate_name,
					 s->certificate_name_n);
	to->login_name = keep(j, s->login_name);
	to->login_address = list_keep(j, s->login_address, s->login_address_n);
}

void client_text(struct judged *j, const struct flow_session *s)
{
	AUTO(buf) b = BUF_MAX(2048);

	net_text((const struct sockaddr *)&s->peer, false, &b);
	buf_printf(&b, " helo=" STR_FMT, STR_ARG(s->helo));
	if (s->tls_version.n)
		buf_printf(&b, " tls=" STR_FMT "/" STR_FMT,
			   STR_ARG(s->tls_version), STR_ARG(s->tls_cipher));
	if (s->certificate_verified && s->certificate_name_n)
		buf_printf(&b, " certificate=" STR_FMT,
			   STR_ARG(s->certificate_name[0]));
	if (s->login)
		buf_printf(&b, " login=" STR_FMT, STR_ARG(s->login_name));
	j->m.client = keep(j, buf_str(&b));
}
