/* engine_live.c - what the engine says of itself to `sekisho doctor`. */
#include "connector/main/engine_int.h"

static void add_ranges(struct engine *en, struct json *o)
{
	static const char *const NAME[] = {
		[AUTH_CLOUD_M365] = "m365", [AUTH_CLOUD_GOOGLE] = "google"};
	struct json *clouds = json_add_object(o, "ranges");

	for (unsigned i = 0; i < AUTH_CLOUD_COUNT; i++) {
		int64_t fetched_us = 0;
		size_t n = auth_ranges(en->auth, i, &fetched_us);
		struct json *row;

		if (!auth_wants_ranges(en->config, i))
			continue;
		row = json_add_object(clouds, NAME[i]);
		json_add_int(row, "count", (int64_t)n);
		json_add_int(row, "fetched-us", fetched_us);
	}
}

static void add_health(struct engine *en, struct json *o)
{
	AUTO(buf) text = BUF_MAX(64 * KIB);
	struct json *list = json_add_array(o, "health");
	struct str rest, line;

	auth_health(en->auth, clock_now_us(), &text);
	rest = buf_str(&text);
	while (str_split(&rest, '\n', &line))
		if (line.n)
			json_add_str(list, NULL, line);
}

static void add_canary(struct engine *en, const struct tenant_conf *t,
		       struct json *to)
{
	struct flow_canary c;
	struct json *o;

	if (!t->canary.to)
		return;
	flow_canary_look(en->flow, t, &c);
	o = json_add_object(to, t->tenant);
	json_add_int(o, "sent-us", c.sent_us);
	json_add_int(o, "back-us", c.back_us);
	json_add_int(o, "round-us", c.round_us);
	json_add_bool(o, "missing", c.missing);
	json_add_bool(o, "accepted", c.accepted);
	json_add_cstr(o, "state", c.state);
	json_add_cstr(o, "answer", c.answer);
}

static void add_canaries(struct engine *en, struct json *o)
{
	struct json *all = json_add_object(o, "canary");

	for (size_t i = 0; i < en->config->tenant_n; i++)
		add_canary(en, &en->config->tenant[i], all);
}

static void add_metrics(struct engine *en, struct json *o)
{
	AUTO(buf) text = BUF_MAX(1 * MIB);

	metrics_render(&en->metrics, &text);
	json_add_str(o, "metrics", buf_str(&text));
}

/* What has grown old in the policy that runs. */
static void add_aged(struct engine *en, struct json *o)
{
	struct json *list = json_add_array(o, "policy-aged");
	struct policy_ages ages;

	policy_ages(flow_policy(en->flow), flow_now(en->flow), &ages);
	for (size_t i = 0; i < ages.n; i++) {
		struct json *row = json_add_object(list, NULL);
		AUTO(buf) ja = BUF_MAX(KIB);
		AUTO(buf) en_text = BUF_MAX(KIB);

		policy_age_text(&ages.v[i], "ja", &ja);
		policy_age_text(&ages.v[i], "en", &en_text);
		json_add_str(row, "ja", buf_str(&ja));
		json_add_str(row, "en", buf_str(&en_text));
	}
}

void engine_live(struct engine *en, struct json *o)
{
	struct flow_mode mode;
	struct flow_clock clock;

	flow_clock_get(en->flow, &clock);
	json_add_bool(o, "clock-jumped", clock.jumped);
	json_add_int(o, "clock-off-seconds", clock.off_us / US_PER_S);
	flow_get_mode(en->flow, &mode);
	json_add_cstr(o, "mode", flow_mode_name(mode.mode));
	json_add_cstr(o, "sandbox", inspect_level(en->inspect));
	json_add_int(o, "policy", en->policy_version);
	json_add_cstr(o, "policy-digest", en->policy_digest);
	json_add_bool(o, "dns-validates", dns_validates(en->dns));
	json_add_bool(o, "store-healthy", store_healthy(en->store));
	json_add_int(o, "sessions", (int64_t)smtpd_sessions(en->smtpd));
	add_aged(en, o);
	add_ranges(en, o);
	add_health(en, o);
	add_canaries(en, o);
	add_metrics(en, o);
}
