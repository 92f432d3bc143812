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

void engine_live(struct engine *en, struct json *o)
{
	static const char *const MODE[] = {"normal", "pass", "hold"};
	struct flow_mode mode;

	flow_get_mode(en->flow, &mode);
	json_add_cstr(o, "mode", MODE[mode.mode]);
	json_add_cstr(o, "sandbox", inspect_level(en->inspect));
	json_add_int(o, "policy", en->policy_version);
	json_add_cstr(o, "policy-digest", en->policy_digest);
	json_add_bool(o, "dns-validates", dns_validates(en->dns));
	json_add_bool(o, "store-healthy", store_healthy(en->store));
	json_add_int(o, "sessions", (int64_t)smtpd_sessions(en->smtpd));
	add_ranges(en, o);
	add_health(en, o);
}
