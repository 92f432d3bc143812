/* fuzz_auth - the AUTH dialogue with the real session behind it: first byte:
 * who asks and how the answers come; second: size of the segments.  All of it
 * under TLS: what is tried comes behind the handshake.
 */
#include "tests/unit/connector/smtpd/fake_flow.c"
#include "tests/unit/connector/smtpd/fake_login.c"
#include "tests/unit/connector/smtpd/harness.c"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void feed(struct client *c, struct str in, size_t step)
{
	while (in.n && !c->eof) {
		client_send(c, str_head(in, MIN_OF(step, in.n)));
		in = str_skip(in, MIN_OF(step, in.n));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct harness h;
	struct client c;
	struct str in;

	if (n < 2)
		return 0;
	if (!h.loop)
		harness_init(&h, true);
	h.logins.never = p[0] & 1;
	h.logins.ways = p[0] & 2 ? LOGIN_BY_PASSWORD
				 : LOGIN_BY_PASSWORD | LOGIN_BY_TOKEN;
	in = str_n(p + 2, n - 2);
	client_open_at(&h, &c, PEER_STRANGER, DOOR_SUBMISSIONS);
	c.sni = p[0] & 4 ? "smtp.secure.test" : NULL;
	must(client_start_tls(&c));
	client_send(&c, STR("EHLO x\r\n"));
	feed(&c, in, p[1] ? p[1] : in.n);
	while (h.logins.waiting) {
		fake_login_answer(&h.logins);
		client_pull(&c);
	}
	client_fin(&c);
	client_close(&c);
	must(h.flow.open == 0);
	must(smtpd_sessions(h.smtpd) == 0);
	must(!h.logins.waiting);
	for (size_t i = 0; i < h.flow.taken.n; i++) {
		const struct fake_message *m = h.flow.taken.v[i];

		/* Only who logged in, and as himself. */
		must(m->env.from.key.n && m->tenant);
		must(str_is(m->env.from.key, "taro@example.jp") ||
		     str_is(m->env.from.key, "info@example.jp") ||
		     str_is(m->env.from.key, "hanako@secure.test"));
	}
	fake_flow_release(&h.flow);
	fake_flow_init(&h.flow, h.loop);
	return 0;
}
