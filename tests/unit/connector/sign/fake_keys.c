/* fake_keys.c - see fake_keys.h. Takes the place of connector/sys/dns. */
#include "tests/unit/connector/sign/fake_keys.h"
#include "connector/base/mem.h"

#define RECORDS_MAX 4

struct dns_query {
	struct timer *timer;
	char *name;
	dns_done *done;
	void *arg;
};

static struct {
	struct loop *loop;
	const struct fake_key *table;
	size_t n;
	unsigned asked;
} fake;

void fake_keys_set(struct loop *loop, const struct fake_key *table, size_t n)
{
	fake.loop = loop;
	fake.table = table;
	fake.n = n;
	fake.asked = 0;
}

unsigned fake_keys_asked(void)
{
	return fake.asked;
}

static void query_free(struct dns_query *q)
{
	timer_free(&q->timer);
	mem_free(q->name);
	mem_free(q);
}

static void answer(void *arg)
{
	struct dns_record record[RECORDS_MAX];
	struct dns_answer a = {.class = DNS_NO_NAME, .record = record};
	struct dns_query *q = arg;
	struct str name = str_of(q->name);
	dns_done *done = q->done;
	void *to = q->arg;

	for (size_t i = 0; i < fake.n; i++)
		if (str_is(name, fake.table[i].name))
			record[a.record_n++] = (struct dns_record){
				.data = str_of(fake.table[i].txt)};
	if (a.record_n)
		a.class = DNS_OK;
	else if (str_starts(name, STR("trouble")))
		a.class = DNS_TROUBLE;
	else if (str_starts(name, STR("bogus")))
		a.class = DNS_BOGUS;
	else if (str_starts(name, STR("nodata")))
		a.class = DNS_NO_DATA;
	query_free(q);
	done(to, &a);
}

struct dns_query *dns_ask(struct dns *d, const char *name, enum dns_type type,
			  dns_done *done, void *arg)
{
	struct dns_query *q = NEW(struct dns_query);

	(void)d;
	fake.asked += type == DNS_TXT;
	q->timer = timer_new(fake.loop, answer, q);
	q->name = mem_strdup(name);
	q->done = done;
	q->arg = arg;
	timer_set(q->timer, 0);
	return q;
}

void dns_cancel(struct dns_query **q)
{
	query_free(TAKE(*q));
}
