/* canary.c - do a tenant's canaries come back, and if not, where do they end?
 */
#include "connector/doctor/doctor_int.h"

static void say_missing(struct doctor *d, const struct json *row)
{
	if (json_get_bool(row, "accepted", false))
		doctor_say(
			d, DOCTOR_BAD,
			"テナントの規則とコネクタが、この宛先のメールを関所へ"
			"送るか、関所が断っていないかを確かめてください。",
			"check that the tenant's rule and connector lead "
			"mail for that address here, and that it is not "
			"refused here",
			"試しのメールは受け取られましたが、戻ってきません",
			"the canary was taken by the next hop and never "
			"came back");
	else
		doctor_say(d, DOCTOR_BAD,
			   "way の行と next-hop-refuses の警報を見てください。",
			   "see the line `way` and the alarm next-hop-refuses",
			   "試しのメールを次のサーバーが受け取りません(%s %s)",
			   "the canary was not accepted by the next hop (%s "
			   "%s)",
			   json_get_cstr(row, "state", ""),
			   json_get_cstr(row, "answer", ""));
}

static void say_back(struct doctor *d, const struct json *row)
{
	int64_t back_us = json_get_int(row, "back-us", 0);

	if (back_us)
		doctor_say(d, DOCTOR_FINE, NULL, NULL,
			   "試しのメールは %lld 分前に戻りました(%lld ミリ秒)",
			   "a canary came back %lld minutes ago, after %lld ms",
			   (long long)((d->now_us - back_us) / US_PER_MIN),
			   (long long)(json_get_int(row, "round-us", 0) /
				       US_PER_MS));
	else
		doctor_say(d, DOCTOR_NOTE, "少し待ってください。",
			   "wait a little", "試しのメールはまだ戻っていません",
			   "no canary has come back yet");
}

void check_canary(struct doctor *d, const struct tenant_conf *t)
{
	const struct json *row = json_get(json_get(d->c.live, "canary"),
					  t->tenant);

	if (!t->canary.to)
		doctor_say(d, DOCTOR_NOTE,
			   "canary: to を書くと、送って戻るまでをいつも"
			   "確かめます。",
			   "set `canary: to`, and the whole loop is tried all "
			   "the time",
			   "試しのメールを送っていません", "no canary is sent");
	else if (row && json_get_bool(row, "missing", false))
		say_missing(d, row);
	else if (row)
		say_back(d, row);
}
