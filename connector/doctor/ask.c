/* ask.c - one DNS question, waited for. */
#include "connector/doctor/doctor_int.h"

struct asked {
	struct doctor *d;
	struct dns_answer *answer;
};

static void keep_record(struct arena *a, const struct dns_record *from,
			struct dns_record *to)
{
	to->preference = from->preference;
	to->name = arena_str(a, from->name);
	to->data = arena_str(a, from->data);
}

static void on_answer(void *arg, const struct dns_answer *from)
{
	struct asked *q = arg;
	struct arena *a = &q->d->arena;
	struct dns_answer *to = ARENA_NEW(a, struct dns_answer);
	struct dns_record *record = arena_array(a, from->record_n,
						sizeof(*record));

	*to = *from;
	to->canonical = arena_str(a, from->canonical);
	to->why = from->why ? arena_strdup(a, from->why) : NULL;
	for (size_t i = 0; i < from->record_n; i++)
		keep_record(a, &from->record[i], &record[i]);
	to->record = record;
	q->answer = to;
	loop_stop(q->d->loop);
}

const struct dns_answer *doctor_ask(struct doctor *d, const char *name,
				    enum dns_type type)
{
	struct asked q = {.d = d};

	dns_ask(d->dns, name, type, on_answer, &q);
	loop_run(d->loop);
	return q.answer;
}

struct str doctor_txt(struct doctor *d, const char *name, struct str begins,
		      size_t *n_r, enum dns_class *class_r)
{
	const struct dns_answer *a = doctor_ask(d, name, DNS_TXT);
	struct str found = STR_EMPTY;

	*n_r = 0;
	*class_r = a->class;
	for (size_t i = 0; a->class == DNS_OK && i < a->record_n; i++) {
		struct str text = a->record[i].data;

		if (!str_starts_ci(text, begins) ||
		    (begins.n && text.n > begins.n &&
		     ascii_alnum(text.p[begins.n])))
			continue; /* "v=spf10" is another one */
		found = text;
		++*n_r;
	}
	return found;
}
