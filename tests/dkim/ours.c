/* ours.c - DKIM of Sekisho as a command, for the comparison with others.
 *
 * ours sign DIR    - every DIR/in/X.eml gets both signatures: DIR/ours/X.eml
 * ours verify DIR  - "FILE ALGORITHM RESULT" for each signature of the files
 *                    named on standard input, keys from DIR/records
 * DIR holds rsa.pem, ed.pem and records: lines "NAME TEXT".
 */
#include <stdio.h>
#include <stdlib.h>
#include "connector/base/clock.h"
#include "connector/base/mem.h"
#include "connector/sign/dkim_int.h"
#include "tests/unit/connector/sign/fake_keys.h"

#define RECORDS_MAX 8

static void need(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "ours: %s\n", what);
	exit(1);
}

static struct str slurp(const char *name)
{
	FILE *f = fopen(name, "rb");
	struct buf b = BUF_MAX(16 * MIB);
	char *p;
	size_t n;

	need(f != NULL, name);
	while ((p = buf_room(&b, 65536)) && (n = fread(p, 1, 65536, f)) > 0)
		buf_grown(&b, n);
	fclose(f);
	p = buf_take(&b, &n);
	return str_n(p, n);
}

static struct str in_dir(const char *dir, const char *name)
{
	AUTO_STR path = mem_printf("%s/%s", dir, name);

	return slurp(path);
}

static size_t head_of(struct str mail)
{
	ptrdiff_t end = str_find(mail, STR("\r\n\r\n"));

	return end < 0 ? mail.n : (size_t)end + 4;
}

static struct dkim_key keys[2];
static struct buf blobs[2];

static void keys_load(struct keys *k, const char *dir)
{
	static const char *const file[] = {"rsa.pem", "ed.pem"};
	static const char *const selector[] = {"rsa", "ed"};
	struct err e = ERR_EMPTY;

	for (size_t i = 0; i < 2; i++) {
		struct buf spki = BUF_MAX(KEY_SPKI_MAX);
		struct buf txt = BUF_MAX(2000);

		buf_init(&blobs[i], KEY_BLOB_MAX);
		need(keys_key_seal(k, in_dir(dir, file[i]), &keys[i].alg,
				   &blobs[i], &spki, &e),
		     e.text);
		keys[i].domain = "example.co.jp";
		keys[i].selector = selector[i];
		keys[i].blob = buf_str(&blobs[i]);
		need(dkim_record(keys[i].alg, buf_str(&spki), &txt, &e),
		     e.text);
		printf("%s._domainkey.example.co.jp %s\n", selector[i],
		       buf_cstr(&txt));
		buf_release(&spki);
		buf_release(&txt);
	}
}

static void sign_one(struct keys *k, struct str mail, const char *to)
{
	struct buf out = BUF_MAX(32 * MIB);
	struct str head = str_head(mail, head_of(mail));
	struct str body = str_skip(mail, head.n);
	struct err e = ERR_EMPTY;
	struct dkim_sign *s;
	FILE *f = fopen(to, "wb");

	need(f != NULL, to);
	s = dkim_sign_new(k, keys, 2, head, clock_now_us());
	dkim_sign_write(s, body.p, body.n);
	need(dkim_sign_end(&s, &out, &e), e.text);
	buf_put_str(&out, mail);
	need(fwrite(out.p, 1, out.n, f) == out.n && fclose(f) == 0, to);
	buf_release(&out);
}

struct run {
	struct loop *loop;
	const char *name;
	struct str mail;
};

static void told(void *arg, const struct dkim_verdict *v, size_t n)
{
	struct run *run = arg;
	struct dkim_fields f;
	size_t at = 0;

	dkim_fields_read(str_head(run->mail, head_of(run->mail)), &f);
	VEC_EACH (field, &f) {
		if (!str_is_ci(field->name, "DKIM-Signature") || at == n)
			continue;
		printf("%s %s %s %s\n", run->name,
		       str_find(field->whole, STR("ed25519")) > 0 ? "ed25519"
								  : "rsa",
		       dkim_result_name(v[at].result), v[at].why);
		at++;
	}
	vec_release(&f);
	loop_stop(run->loop);
}

static void verify_one(struct run *run)
{
	struct str head = str_head(run->mail, head_of(run->mail));
	struct str body = str_skip(run->mail, head.n);
	struct dkim_verify *v = dkim_verify_new(run->loop, NULL, head,
						clock_now_us());

	if (!v) {
		printf("%s none none\n", run->name);
		return;
	}
	dkim_verify_write(v, body.p, body.n);
	dkim_verify_end(v, told, run);
	loop_run(run->loop);
	dkim_verify_free(&v);
}

static void verify_all(const char *dir)
{
	static struct fake_key table[RECORDS_MAX];
	struct str records = in_dir(dir, "records"), line;
	struct run run = {.loop = loop_new(NULL)};
	char name[1000];
	size_t n = 0;

	while (n < RECORDS_MAX && str_split(&records, '\n', &line)) {
		ptrdiff_t gap = str_chr(line, ' ');

		if (gap < 0)
			continue;
		table[n].name = mem_strndup(line.p, (size_t)gap);
		table[n++].txt = mem_strndup(line.p + gap + 1,
					     line.n - (size_t)gap - 1);
	}
	fake_keys_set(run.loop, table, n);
	while (fgets(name, sizeof(name), stdin)) {
		name[strcspn(name, "\n")] = '\0';
		run.name = name;
		run.mail = slurp(name);
		verify_one(&run);
		mem_free((void *)(uintptr_t)run.mail.p);
	}
	loop_free(&run.loop);
}

int main(int argc, char **argv)
{
	struct keys *k = keys_test();
	char name[300];

	need(argc == 3, "ours sign|verify DIR");
	if (strcmp(argv[1], "verify") == 0) {
		verify_all(argv[2]);
		return 0;
	}
	keys_load(k, argv[2]);
	while (fgets(name, sizeof(name), stdin)) {
		AUTO_STR from = NULL;
		AUTO_STR to = NULL;

		name[strcspn(name, "\n")] = '\0';
		from = mem_printf("%s/in/%s", argv[2], name);
		to = mem_printf("%s/ours/%s", argv[2], name);
		sign_one(k, slurp(from), to);
	}
	keys_free(&k);
	return 0;
}
