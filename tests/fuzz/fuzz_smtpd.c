/* fuzz_smtpd - bytes to a socket with the real session behind it and a flow in
 * memory.  First byte: which peer, when the flow answers; second: size of the
 * segments (0: all in one).  The rest is what the client says.
 */
#include "tests/unit/connector/smtpd/fake_flow.c"
#include "tests/unit/connector/smtpd/fake_login.c"
#include "tests/unit/connector/smtpd/harness.c"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* What DATA let through may hold nothing that ends a line or a message for
 * some other server. */
static void check_lines(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		bool cr = i > 0 && s.p[i - 1] == '\r';

		must(s.p[i] != 0);
		must((s.p[i] == '\n') == cr);
	}
	must(s.n == 0 || s.p[s.n - 1] == '\n');
}

static void check(const struct harness *h, const struct fake_message *m)
{
	must(m->env.rcpt_n > 0);
	must(m->env.rcpt_n <= h->config.limits.recipients);
	must(m->body.n <= h->config.limits.message);
	must(m->tenant || m->env.from.text.n == 0);
	if (!m->bdat)
		check_lines(buf_str(&m->body));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char *peers[] = {PEER_EXAMPLE, PEER_EXAMPLE, PEER_SECURE,
				      PEER_STRANGER};
	static struct harness h;
	struct client c;
	struct str in;
	size_t step;

	if (n < 2)
		return 0;
	if (!h.loop)
		harness_init(&h, false);
	h.config.limits.message = 4096;
	h.flow.late = p[0] & 4;
	in = str_n(p + 2, n - 2);
	step = p[1] ? p[1] : in.n;
	client_open(&h, &c, peers[p[0] % 4]);
	while (in.n && !c.eof) {
		client_send(&c, str_head(in, MIN_OF(step, in.n)));
		in = str_skip(in, MIN_OF(step, in.n));
	}
	client_fin(&c);
	client_close(&c);
	must(h.flow.open == 0);
	must(smtpd_sessions(h.smtpd) == 0);
	for (size_t i = 0; i < h.flow.taken.n; i++)
		check(&h, h.flow.taken.v[i]);
	fake_flow_release(&h.flow);
	fake_flow_init(&h.flow, h.loop);
	return 0;
}
