/* login_hash.c - Argon2id checks on a thread of their own: some 100 ms and
 * 64 MiB each, which no loop has.  A bounded queue; see login_int.h.
 */
#include <pthread.h>
#include <sys/prctl.h>
#include "auth/login_int.h"
#include "connector/base/die.h"

struct hash_job {
	struct hash_job *next;
	char *hash, *password;
	size_t password_n;
	bool ok;
	struct loop *loop;
	hash_done *done; /* NULL: cancelled; the loop's thread only */
	void *arg;
};

struct hasher {
	pthread_mutex_t lock;
	pthread_cond_t more;
	pthread_t thread;
	struct loop *loop;
	struct hash_job *first, **last;
	size_t n;
	bool started, closed;
};

static void job_free(struct hash_job *j)
{
	mem_wipe(j->password, j->password_n);
	mem_free(j->password);
	mem_free(j->hash);
	mem_free(j);
}

static void answer(void *arg)
{
	struct hash_job *j = arg;
	hash_done *done = j->done;
	void *done_arg = j->arg;
	bool ok = j->ok;

	job_free(j);
	if (done)
		done(done_arg, ok);
}

/* With the lock held. NULL: the end. */
static struct hash_job *take(struct hasher *h)
{
	struct hash_job *j;

	while (!h->first && !h->closed)
		pthread_cond_wait(&h->more, &h->lock);
	if (h->closed)
		return NULL;
	j = h->first;
	h->first = j->next;
	if (!h->first)
		h->last = &h->first;
	h->n--;
	return j;
}

static void *run(void *arg)
{
	struct hasher *h = arg;
	struct hash_job *j;

	prctl(PR_SET_NAME, "hash");
	pthread_mutex_lock(&h->lock);
	while ((j = take(h))) {
		pthread_mutex_unlock(&h->lock);
		j->ok = password_verify(str_n(j->password, j->password_n),
					j->hash);
		loop_post(j->loop, answer, j);
		pthread_mutex_lock(&h->lock);
	}
	pthread_mutex_unlock(&h->lock);
	return NULL;
}

struct hasher *hasher_new(struct loop *loop)
{
	struct hasher *h = NEW(struct hasher);

	h->loop = loop;
	h->last = &h->first;
	must(pthread_mutex_init(&h->lock, NULL) == 0);
	must(pthread_cond_init(&h->more, NULL) == 0);
	return h;
}

void hasher_free(struct hasher **hp)
{
	struct hasher *h = TAKE(*hp);

	if (!h)
		return;
	pthread_mutex_lock(&h->lock);
	h->closed = true;
	pthread_cond_signal(&h->more);
	pthread_mutex_unlock(&h->lock);
	if (h->started)
		pthread_join(h->thread, NULL);
	while (h->first) {
		struct hash_job *j = h->first;

		h->first = j->next;
		job_free(j);
	}
	pthread_mutex_destroy(&h->lock);
	pthread_cond_destroy(&h->more);
	mem_free(h);
}

struct hash_job *hash_check(struct hasher *h, struct str password,
			    const char *hash, hash_done *done, void *arg)
{
	struct hash_job *j;

	if (!h->started)
		h->started = pthread_create(&h->thread, NULL, run, h) == 0;
	pthread_mutex_lock(&h->lock);
	if (!h->started || h->n >= HASH_QUEUE_MAX) {
		pthread_mutex_unlock(&h->lock);
		return NULL;
	}
	j = NEW(struct hash_job);
	j->loop = h->loop;
	j->hash = mem_strdup(hash);
	j->password = mem_strndup(password.p ? password.p : "", password.n);
	j->password_n = password.n;
	j->done = done;
	j->arg = arg;
	*h->last = j;
	h->last = &j->next;
	h->n++;
	pthread_cond_signal(&h->more);
	pthread_mutex_unlock(&h->lock);
	return j;
}

/* The thread has it, or an answer is on its way: who gets that frees it. */
void hash_cancel(struct hash_job **jp)
{
	struct hash_job *j = TAKE(*jp);

	if (j)
		j->done = NULL;
}
