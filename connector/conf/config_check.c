/* config_check.c - what no single setting can see: settings that need or
 * exclude each other, and what each kind of tenant has to prove.
 *
 * Errors, each with what to do, and what has no effect; what is merely unwise
 * is said by `sekisho doctor`.
 */
#include "connector/conf/config_int.h"

static void check_tls(struct config_reader *r, const struct conf_node *root)
{
	const struct config *c = r->c;
	const struct conf_node *listen = conf_get(root, "listen");
	bool have = conf_get(root, "tls") != NULL;

	if (!have && c->listen.web.n)
		conf_error(r->errs, conf_get(listen, "web"),
			   "「listen: web」には「tls」が要ります。",
			   "`listen: web` needs `tls`");
	if (!have && (c->listen_submission.n || c->listen_submissions.n))
		conf_error(r->errs, listen,
			   "「listen: submission」には「tls」が要ります。",
			   "`listen: submission` needs `tls`");
	for (size_t i = 0; i < c->tenant_n; i++)
		if (!have && c->tenant[i].accept.require_tls)
			conf_error(r->errs, conf_get(root, "tenants"),
				   "「require-tls: true」には「tls」が"
				   "要ります。",
				   "`require-tls: true` needs `tls`");
}

static void check_submission(struct config_reader *r,
			     const struct conf_node *at,
			     const struct tenant_conf *t)
{
	const struct conf_node *n = conf_get(at, "submission");

	if (t->submission.auth == SUBMISSION_LOCAL && !t->submission.users)
		conf_error(r->errs, n, "「users」がありません。",
			   "`auth: local` needs `users`");
	if (t->submission.auth == SUBMISSION_UPSTREAM && !t->submission.host)
		conf_error(r->errs, n, "「host」がありません。",
			   "`auth: upstream` needs `host`");
	/* Tokens of one issuer are made for many services: RFC 8725 3.9. */
	if (t->submission.token_issuer && !t->submission.token_audience)
		conf_error(r->errs, n,
			   "token-issuer には token-audience が要ります。",
			   "token-issuer needs token-audience");
	if (t->tls.certificate && !t->hostname)
		conf_error(r->errs, conf_get(at, "tls"),
			   "「tls」には「hostname」が要ります。",
			   "`tls` needs `hostname`");
	for (size_t i = 0; i < t->index && t->hostname; i++)
		if (r->c->tenant[i].hostname &&
		    str_eq_ci(str_of(r->c->tenant[i].hostname),
			      str_of(t->hostname)))
			conf_error(r->errs, conf_get(at, "hostname"),
				   "「%s」が2つのテナントにあります。",
				   "`%s` belongs to two tenants", t->hostname);
}

/* MX hosts are strangers, many without a certificate that anybody knows: what
 * is not said is opportunistic there (RFC 7435). */
static void set_direct(struct tenant_conf *t, const struct conf_node *at)
{
	if (t->deliver.via && strcmp(t->deliver.via, "direct") == 0 &&
	    !conf_get(conf_get(at, "deliver"), "tls"))
		t->deliver.tls = TLS_LEVEL_OPPORTUNISTIC;
}

static void check_deliver(struct config_reader *r, const struct conf_node *at,
			  const struct tenant_conf *t)
{
	if (t->deliver.client_key && !t->deliver.client_certificate)
		conf_error(r->errs, conf_get(at, "deliver"),
			   "client-key には client-certificate が要ります。",
			   "client-key needs client-certificate");
	if (!t->deliver.host && t->deliver.via &&
	    strcmp(t->deliver.via, "relay") == 0)
		conf_error(r->errs, conf_get(at, "deliver"),
			   "「host」がありません。", "`host` is missing");
	if (t->deliver.inside.n && t->deliver.via &&
	    strcmp(t->deliver.via, "direct") != 0)
		conf_warning(r->errs,
			     conf_get(conf_get(at, "deliver"), "inside"),
			     "「inside」は via: direct のときだけ効きます。",
			     "`inside` has an effect with `via: direct` only");
	config_check_login(r, conf_get(at, "deliver"), t);
}

static void check_domains(struct config_reader *r, const struct conf_node *at,
			  const struct tenant_conf *t,
			  const struct tenant_conf *o)
{
	for (size_t k = 0; k < t->domains.n; k++)
		for (size_t m = 0; m < o->domains.n; m++)
			if (!strcmp(t->domains.v[k], o->domains.v[m]))
				conf_error(r->errs, conf_get(at, "domains"),
					   "「%s」が2つのテナントに"
					   "あります。1つのドメインは1つの"
					   "テナントにだけ書いてください。",
					   "`%s` belongs to two tenants: a "
					   "domain is one tenant's only",
					   t->domains.v[k]);
}

static void check_others(struct config_reader *r, const struct conf_node *at,
			 const struct tenant_conf *t)
{
	for (size_t i = 0; i < t->index; i++) {
		const struct tenant_conf *o = &r->c->tenant[i];

		if (t->tenant && o->tenant && !strcmp(t->tenant, o->tenant))
			conf_error(r->errs, conf_get(at, "tenant"),
				   "テナント「%s」が2つあります。",
				   "tenant `%s` is given twice", t->tenant);
		check_domains(r, at, t, o);
	}
}

/* ---- what a kind has to prove ------------------------------------------------ */

/* All tenants of a cloud come from the same addresses with the same
 * certificate: only these tell them apart. */
static void check_m365(struct config_reader *r, const struct conf_node *accept,
		       const struct tenant_conf *t)
{
	if (!t->accept.tenant_id)
		conf_error(r->errs, accept,
			   "kind: m365 には「tenant-id」が要ります。Entra の"
			   "「ディレクトリ (テナント) ID」を書いてください。",
			   "kind: m365 needs `tenant-id`: the directory "
			   "(tenant) ID that Entra shows");
	if (!t->accept.originator_org.n)
		conf_error(r->errs, accept,
			   "kind: m365 には「originator-org」が要ります。"
			   "テナントのドメインと onmicrosoft.com の名前を書いて"
			   "ください。",
			   "kind: m365 needs `originator-org`: the tenant's "
			   "domains and its name at onmicrosoft.com");
}

static void check_google(struct config_reader *r,
			 const struct conf_node *accept,
			 const struct tenant_conf *t)
{
	if (!t->accept.header.name && !t->accept.dkim.n)
		conf_error(r->errs, accept,
			   "kind: google には「header」か「dkim」が要ります。"
			   "アドレスと証明書は Google の全テナントで同じです。",
			   "kind: google needs `header` or `dkim`: addresses "
			   "and certificate are the same for every tenant of "
			   "Google");
}

static void check_networks(struct config_reader *r,
			   const struct conf_node *accept,
			   const struct tenant_conf *t)
{
	bool cloud = t->kind == KIND_M365 || t->kind == KIND_GOOGLE;

	if (t->accept.networks.published && !cloud)
		conf_error(r->errs, conf_get(accept, "networks"),
			   "「published」は kind が m365 か google のときだけ"
			   "使えます。アドレスを並べてください。",
			   "`published` is for kinds m365 and google: list the "
			   "addresses here");
	if (t->accept.networks.n || t->accept.networks.published)
		return;
	if (cloud)
		conf_error(
			r->errs, accept,
			"「networks」がありません。クラウドが公開する一覧なら"
			"「networks: published」と書いてください。",
			"`networks` is missing; write `networks: published` "
			"for the list that the cloud publishes");
	else
		conf_error(r->errs, accept,
			   "「networks」がありません。メールが来るアドレスを"
			   "書いてください。",
			   "`networks` is missing: the addresses that its mail "
			   "comes from");
}

static bool is_proof_field(const char *name)
{
	return str_is_ci(str_of(name), "X-MS-Exchange-CrossTenant-Id") ||
	       str_is_ci(str_of(name), "X-OriginatorOrg");
}

/* Secret headers are cut: they cannot be anything else as well. */
static void check_headers(struct config_reader *r, const struct conf_node *at,
			  const struct tenant_conf *t)
{
	const char *in = t->accept.header.name, *back = t->done.name;

	if ((in && is_proof_field(in)) || (back && is_proof_field(back)))
		conf_error(r->errs, at,
			   "秘密のヘッダーには、自分だけの名前を付けて"
			   "ください(例: X-Sekisho-Tenant)。",
			   "give a secret header a name of its own, as "
			   "X-Sekisho-Tenant");
	if (in && back && str_eq_ci(str_of(in), str_of(back)))
		conf_error(r->errs, conf_get(at, "done"),
			   "「accept: header」と「done」は別の名前にして"
			   "ください。",
			   "`accept: header` and `done` must have different "
			   "names");
	if (in && back && t->accept.header.secret.value &&
	    t->done.secret.value &&
	    t->accept.header.secret.kind == t->done.secret.kind &&
	    strcmp(t->accept.header.secret.value, t->done.secret.value) == 0)
		conf_error(r->errs, conf_get(at, "done"),
			   "「accept: header」と「done」は別の秘密にして"
			   "ください。戻りの値は社外へ出ることがあります。",
			   "`accept: header` and `done` must have different "
			   "secrets: the one on the way back can reach "
			   "outsiders");
}

static void check_proofs(struct config_reader *r, const struct conf_node *at,
			 const struct tenant_conf *t)
{
	const struct conf_node *accept = conf_get(at, "accept");
	bool by_login = t->submission.auth != SUBMISSION_OFF ||
			t->submission.token_issuer;

	check_headers(r, at, t);
	if (t->enrolled_group && !r->c->people)
		conf_error(r->errs, conf_get(at, "enrolled"),
			   "「enrolled」には「people」(people.csv) が"
			   "要ります。",
			   "`enrolled` needs `people` (people.csv)");
	/* Who only logs in has proved himself. */
	if (by_login && !t->accept.networks.n && !t->accept.networks.published)
		return;
	/* That it is missing has been told. */
	if (!accept)
		return;
	check_networks(r, accept, t);
	if (t->kind == KIND_M365)
		check_m365(r, accept, t);
	if (t->kind == KIND_GOOGLE)
		check_google(r, accept, t);
}

void config_cross_check(struct config_reader *r, const struct conf_node *root)
{
	const struct config *c = r->c;
	const struct conf_node *tenants = conf_get(root, "tenants");
	const struct conf_node *queue = conf_get(root, "queue");

	check_tls(r, root);
	for (size_t i = 0; i < c->tenant_n; i++) {
		set_direct(&r->c->tenant[i], tenants->item[i]);
		check_deliver(r, tenants->item[i], &c->tenant[i]);
		check_others(r, tenants->item[i], &c->tenant[i]);
		check_proofs(r, tenants->item[i], &c->tenant[i]);
		check_submission(r, tenants->item[i], &c->tenant[i]);
	}
	if (c->queue.warn_after_us > c->queue.give_up_us)
		conf_error(r->errs, queue,
			   "warn-after は give-up より短くしてください。",
			   "warn-after must be shorter than give-up");
	if (c->queue.retry_first_us > c->queue.retry_most_us)
		conf_error(r->errs, queue,
			   "retry-first は retry-most より短くしてください。",
			   "retry-first must be shorter than retry-most");
}
