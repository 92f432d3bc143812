/* sign_help.h - a message in, verdicts out. */
#ifndef TESTS_SIGN_HELP_H
#define TESTS_SIGN_HELP_H

#include "connector/sign/dkim.h"
#include "tests/unit/connector/sign/fake_keys.h"

#define NOW_US	  (INT64_C(1790000000) * US_PER_S)
#define RECORDS_N 2

struct world {
	struct loop *loop;
	struct keys *keys;
	struct buf blob[RECORDS_N], record[RECORDS_N]; /* RSA, Ed25519 */
	struct dkim_key key[RECORDS_N];
	struct fake_key table[RECORDS_N];
};
/* What is signed. */
#define MAIL                                                                   \
	"From: =?UTF-8?B?5bGx55Sw?= <taro@example.co.jp>\r\n"                  \
	"To: a@customer.example.com,\r\n\tb@customer.example.com\r\n"          \
	"Subject:  quote   of \t today \r\n"                                   \
	"Date: Sat, 21 Nov 2026 10:00:00 +0900\r\n"                            \
	"Message-ID: <1@example.co.jp>\r\n"                                    \
	"MIME-Version: 1.0\r\n"                                                \
	"Content-Type: text/plain; charset=UTF-8\r\n"                          \
	"X-Mailer: none\r\n"                                                   \
	"\r\n"                                                                 \
	"Hello  \r\n\r\n world\t.\r\n\r\n"

/* Keys rsa and ed of example.co.jp, published. */
void world_begin(struct world *w);
void world_end(struct world *w);

struct verdicts {
	size_t n;
	enum dkim_result result[DKIM_SIGNATURES_MAX];
	char domain[DKIM_SIGNATURES_MAX][300];
	char why[DKIM_SIGNATURES_MAX][ERR_TEXT_MAX];
};
/* The header is everything to the first empty line; the body comes in pieces
 * of `step` bytes (0: whole). */
void verify_at(struct loop *loop, struct str mail, size_t step, int64_t now_us,
	       struct verdicts *v_r);
void verify(struct world *w, struct str mail, struct verdicts *v_r);
/* The mail with its signatures in front. */
void sign(struct world *w, size_t key_n, struct str mail, size_t step,
	  struct buf *out);

#endif
