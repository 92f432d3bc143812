/* bundle.c - a report that may be sent to a stranger: no addresses of persons,
 * no secrets, no subjects.
 */
#include "connector/doctor/doctor_int.h"

#define ALARMS_MAX 50

static void head(struct buf *out, const char *title)
{
	buf_printf(out, "\n== %s\n", title);
}

static void put_lines(const struct doctor *d, struct buf *out)
{
	AUTO(buf) text = BUF_MAX(DOCTOR_BUNDLE_MAX);

	head(out, "checks");
	doctor_text(d, "en", &text);
	doctor_redact(buf_str(&text), out);
}

static void put_ledger(const struct doctor *d, struct buf *out)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct store_ledger l;
	struct err e = ERR_EMPTY;

	head(out, "ledger");
	if (!d->c.reader || !store_ledger(d->c.reader, &a, &l, &e)) {
		buf_printf(out, "not readable: %s\n", e.text);
		return;
	}
	buf_printf(out,
		   "accepted %llu\nopen %llu\nheld %llu\nunknown "
		   "%llu\nunexplained %zu\n",
		   (unsigned long long)l.accepted, (unsigned long long)l.open,
		   (unsigned long long)l.held, (unsigned long long)l.unknown,
		   l.unexplained_n);
	for (unsigned s = RCPT_FIRST_END; s < RCPT_STATE_COUNT; s++)
		buf_printf(out, "%s %llu\n",
			   rcpt_state_name((enum rcpt_state)s),
			   (unsigned long long)l.end[s]);
}

static void put_alarms(const struct doctor *d, struct buf *out)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct store_audit *row;
	struct err e = ERR_EMPTY;
	size_t n, shown = 0;

	head(out, "last alarms");
	/* Those of the house belong to no message. */
	if (!d->c.reader || !store_story(d->c.reader, 0, &a, &row, &n, &e))
		return;
	for (; n > 0 && shown < ALARMS_MAX; n--) {
		if (!str_is(row[n - 1].event, "alarm"))
			continue;
		time_put_rfc3339(out, d->c.config->timezone, row[n - 1].at_us);
		buf_putc(out, ' ');
		doctor_redact(row[n - 1].detail, out);
		shown++;
	}
}

void doctor_bundle(const struct doctor *d, struct str about,
		   struct str settings, struct buf *out)
{
	buf_puts(out, "Sekisho doctor: a report without persons, secrets and "
		      "subjects\n");
	head(out, "about");
	buf_put_str(out, about);
	head(out, "settings");
	doctor_redact_settings(settings, out);
	put_lines(d, out);
	put_ledger(d, out);
	put_alarms(d, out);
	head(out, "metrics");
	doctor_redact(str_of(json_get_cstr(d->c.live, "metrics", "")), out);
}
