/* head.c - the header block of a mail while it comes: whose mail it is, what
 * is cut from it, what counts of it as the same mail.
 *
 * Secret headers are known to us and the tenant's rules only, Bcc to the
 * sender: they are cut before anything is stored, so that nothing at rest,
 * shown, returned or delivered can hold them.  All else stays byte for byte.
 */
#include "connector/flow/flow_int.h"

/* Offset behind the first empty line, looked for from `from` on; 0: none. */
static size_t block_end(struct str s, size_t from)
{
	size_t at = from;

	while (at < s.n) {
		ptrdiff_t lf = str_chr(str_skip(s, at), '\n');
		struct str line = str_skip(s, at);

		if (str_starts(line, STR("\n")))
			return at + 1;
		if (str_starts(line, STR("\r\n")))
			return at + 2;
		if (lf < 0)
			return 0;
		at += (size_t)lf + 1;
	}
	return 0;
}

size_t head_take(struct head *h, const void *p, size_t n)
{
	size_t before = h->raw.n, used = MIN_OF(n, HEAD_MAX - before), end;

	/* Most come whole with the first bytes: those behind are not copied. */
	end = before == 0 ? block_end(str_n(p, used), 0) : 0;
	buf_put(&h->raw, p, end ? end : used);
	end = block_end(buf_str(&h->raw), h->line);
	if (end) {
		h->whole = true;
		used = end - before;
		buf_truncate(&h->raw, end);
		return used;
	}
	for (size_t i = h->raw.n; i > MAX_OF(before, h->line); i--) {
		if (h->raw.p[i - 1] != '\n')
			continue;
		h->line = i; /* begin of the last line */
		break;
	}
	return used;
}

void head_init(struct head *h)
{
	*h = (struct head){.raw = BUF_MAX(HEAD_MAX), .kept = BUF_MAX(HEAD_MAX)};
	h->raw.secret = true;
}

void head_release(struct head *h)
{
	buf_release(&h->raw);
	buf_release(&h->kept);
	dkim_verify_free(&h->verify);
}

bool head_full(const struct head *h)
{
	return h->whole || h->raw.n == HEAD_MAX;
}

/* RFC 5322 3.6.3: whoever sends takes it out; some programs leave that to the
 * next.  RFC 5321 4.4: Return-Path is written where mail is delivered. */
static bool is_not_for_others(struct str name)
{
	return str_is_ci(name, "Bcc") || str_is_ci(name, "Resent-Bcc") ||
	       str_is_ci(name, "Return-Path");
}

static void cut(struct head *h, const struct auth *auth)
{
	struct str rest = buf_str(&h->raw), name, field;

	while (header_field_next(&rest, &name, &field))
		if (!auth_header_is_secret(auth, name) &&
		    !is_not_for_others(name))
			buf_put_str(&h->kept, field);
	buf_put_str(&h->kept, rest);
	buf_release(&h->raw);
}

/* What hosts on the way write, each into its copy of a mail; Exchange the
 * languages, on every pass. */
static bool is_trace(struct str name)
{
	static const char *const names[] = {
		"Received",	   "Return-Path",
		"DKIM-Signature",  "Authentication-Results",
		"Accept-Language", "Content-Language"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_is_ci(name, names[i]))
			return true;
	return str_starts_ci(name, STR("X-")) ||
	       str_starts_ci(name, STR("ARC-"));
}

static void digest(struct head *h, struct sha256 *sum)
{
	struct str rest = buf_str(&h->kept), name, field;

	while (header_field_next(&rest, &name, &field))
		if (!is_trace(name))
			sha256_add(sum, field.p, field.n);
	sha256_add(sum, rest.p, rest.n);
}

/* The last proof: it takes the body, and keys from the DNS. */
static enum auth_answer begin_verify(struct head *h, struct judged *j,
				     enum auth_proof *failed_r)
{
	struct flow *f = j->f;

	/* Without a check of signatures nobody can prove himself by one. */
	*failed_r = AUTH_PROOF_UNKNOWN;
	if (!f->c.dns)
		return AUTH_NOT_YET;
	*failed_r = AUTH_PROOF_DKIM;
	if (h->whole)
		h->verify = dkim_verify_new(f->c.loop, f->c.dns,
					    buf_str(&h->raw), flow_now(f));
	if (!h->verify)
		return AUTH_NO_TENANT;
	*failed_r = AUTH_PROOF_NONE;
	return AUTH_OK;
}

static enum auth_answer prove(struct judged *j, const struct flow_session *s,
			      struct head *h, enum auth_proof *failed_r)
{
	const struct auth *auth = j->f->c.auth;
	struct auth_peer peer = {
		.address = (const struct sockaddr *)&s->peer,
		.tls = s->tls_version.n > 0,
		.certificate_verified = s->certificate_verified,
		.certificate_name = s->certificate_name,
		.certificate_name_n = s->certificate_name_n,
		.login = s->login,
	};
	enum auth_answer answer = auth_prove_header(auth, &peer, &j->env,
						    j->tenant, buf_str(&h->raw),
						    &j->tenant, failed_r);

	if (answer != AUTH_OK || s->login)
		return answer;
	/* What stands behind the bound was not looked at. */
	if (!h->whole && h->raw.n == HEAD_MAX &&
	    auth_wants_header(auth, j->tenant)) {
		*failed_r = AUTH_PROOF_BLOCK;
		return AUTH_NO_TENANT;
	}
	return auth_wants_dkim(j->tenant) ? begin_verify(h, j, failed_r)
					  : answer;
}

/* Says why, once, and counts it. */
static bool not_proved(struct judged *j, const struct flow_session *s,
		       enum auth_answer answer, enum auth_proof failed,
		       struct err *e)
{
	flow_proof_failed(j->f, failed, &s->peer);
	if (answer == AUTH_NOT_YET)
		return err_set(e, ERR_RETRY, FLOW_NOT_YET,
			       "whose mail it is cannot be told yet");
	LOG(&j->log, LOG_WARN, "proof-failed",
	    LS("proof", auth_proof_name(failed)),
	    LSTR("from", j->env.from.text));
	return err_set(e, ERR_DENIED, 550, "no tenant is proved");
}

bool head_signed(struct judged *j, const struct flow_session *s,
		 const struct dkim_verdict *v, size_t n, struct err *e)
{
	struct str d[DKIM_SIGNATURES_MAX] = {STR_EMPTY};
	size_t d_n = 0;
	bool later = false;

	for (size_t i = 0; i < n && d_n < ARRAY_LEN(d); i++) {
		/* Another domain's key would not help when it comes. */
		later = later || (v[i].result == DKIM_TEMPERROR &&
				  auth_prove_dkim(j->tenant, &v[i].domain, 1));
		if (v[i].result == DKIM_PASS)
			d[d_n++] = v[i].domain;
		else
			LOG(&j->log, LOG_INFO, "signature",
			    LS("result", dkim_result_name(v[i].result)),
			    LSTR("domain", v[i].domain), LS("why", v[i].why));
	}
	if (auth_prove_dkim(j->tenant, d, d_n))
		return true;
	return not_proved(j, s, later ? AUTH_NOT_YET : AUTH_NO_TENANT,
			  later ? AUTH_PROOF_UNKNOWN : AUTH_PROOF_DKIM, e);
}

/* A connector tried us out. */
void validation_rows(struct judged *j, struct store_job *job)
{
	struct flow *f = j->f;
	struct json *detail = json_object();

	json_add_cstr(detail, "tenant", j->tenant->tenant);
	json_add_str(detail, "from", j->env.from.text);
	json_add_str(detail, "to", j->env.rcpt[0].addr.text);
	json_add_str(detail, "client", j->m.client);
	audit_add(f, job, flow_now(f), 0, "engine", "validation-mail", detail);
	metric_add(f->c.metrics, METRIC_VALIDATIONS, 1);
}

bool head_done(struct head *h, struct judged *j, const struct flow_session *s,
	       struct sha256 *sum, struct err *e)
{
	enum auth_proof failed = AUTH_PROOF_NONE;
	enum auth_answer answer = prove(j, s, h, &failed);

	h->over = true;
	switch (answer) {
	case AUTH_OK:
		break;
	case AUTH_VALIDATION:
		h->sunk = true;
		buf_release(&h->raw);
		return true;
	case AUTH_NOT_YET:
	case AUTH_NEEDS_TLS:
	case AUTH_NO_TENANT:
		return not_proved(j, s, answer, failed, e);
	}
	/* Behind it could stand what has to be cut, or another From. */
	if (!h->whole && h->raw.n == HEAD_MAX)
		return err_set(e, ERR_LIMIT, FLOW_LONG_HEAD,
			       "header block too large: at most %zu bytes",
			       HEAD_MAX);
	TRY(sender_is_own(j, s, buf_str(&h->raw), e));
	h->canary = canary_known(j, buf_str(&h->raw));
	j->came_back = auth_header_is_done(j->f->c.auth, j->tenant,
					   buf_str(&h->raw));
	cut(h, j->f->c.auth);
	digest(h, sum);
	return true;
}
