/* fake_login.c - see fake_login.h. */
#include "tests/unit/connector/smtpd/fake_login.h"
#include "connector/base/die.h"
#include "connector/base/mem.h"

struct login_query {
	struct logins *l;
	login_done *done; /* NULL: cancelled */
	void *arg;
	enum login_answer answer;
	int who;
};

static const struct {
	const char *name, *password, *token;
	unsigned tenant;
	struct str address[2];
	size_t address_n;
} people[] = {
	{"taro@example.jp",
	 "sesame",
	 "token-taro",
	 0,
	 {{"taro@example.jp", 15}, {"info@example.jp", 15}},
	 2},
	{"hanako@secure.test",
	 "open",
	 "token-hanako",
	 1,
	 {{"hanako@secure.test", 18}},
	 1},
};

void fake_logins_init(struct logins *l, struct loop *loop,
		      const struct config *c)
{
	*l = (struct logins){
		.loop = loop,
		.config = c,
		.ways = LOGIN_BY_PASSWORD | LOGIN_BY_TOKEN,
	};
}

unsigned logins_ways(const struct logins *l, const struct tenant_conf *tenant)
{
	(void)tenant;
	return l->ways;
}

static void give_answer(void *arg)
{
	struct login_query *q = arg;
	struct login login = {.tenant = NULL};

	if (q->who >= 0)
		login = (struct login){
			.tenant = &q->l->config->tenant[people[q->who].tenant],
			.name = str_of(people[q->who].name),
			.address = people[q->who].address,
			.address_n = people[q->who].address_n,
		};
	if (q->l->waiting == q)
		q->l->waiting = NULL;
	if (q->done)
		q->done(q->arg, q->answer,
			q->answer == LOGIN_OK ? &login : NULL);
	mem_free(q);
}

void fake_login_answer(struct logins *l)
{
	must(l->waiting);
	give_answer(l->waiting);
}

static struct login_query *ask(struct logins *l,
			       const struct tenant_conf *tenant,
			       struct str name, struct str secret, bool token,
			       login_done *done, void *arg)
{
	struct login_query *q = NEW(struct login_query);

	*q = (struct login_query){l, done, arg, LOGIN_REFUSED, -1};
	l->asked++;
	l->label = tenant;
	for (int i = 0; i < (int)ARRAY_LEN(people); i++) {
		const char *right = token ? people[i].token
					  : people[i].password;

		if (str_is(secret, right) &&
		    (str_is_ci(name, people[i].name) || (token && !name.n)) &&
		    (!tenant || tenant->index == people[i].tenant))
			q->who = i;
	}
	if (q->who >= 0)
		q->answer = LOGIN_OK;
	if (str_is(secret, "busy"))
		q->answer = LOGIN_LATER;
	if (l->never)
		l->waiting = q;
	else
		loop_post(l->loop, give_answer, q);
	return q;
}

struct login_query *login_password(struct logins *l,
				   const struct sockaddr *peer,
				   const struct tenant_conf *tenant,
				   struct str name, struct str password,
				   login_done *done, void *arg)
{
	(void)peer;
	return ask(l, tenant, name, password, false, done, arg);
}

struct login_query *login_token(struct logins *l, const struct sockaddr *peer,
				const struct tenant_conf *tenant,
				struct str name, struct str token,
				login_done *done, void *arg)
{
	(void)peer;
	return ask(l, tenant, name, token, true, done, arg);
}

void login_cancel(struct login_query **qp)
{
	struct login_query *q = TAKE(*qp);

	if (!q)
		return;
	q->done = NULL;
	q->l->cancelled++;
	if (q->l->waiting != q)
		return; /* its answer is on its way */
	q->l->waiting = NULL;
	mem_free(q);
}

bool login_may_send_as(const struct str *address, size_t address_n,
		       struct str key)
{
	for (size_t i = 0; i < address_n; i++)
		if (str_eq(address[i], key))
			return true;
	return false;
}
