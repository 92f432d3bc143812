/* fuzz_token.c - what a token endpoint may answer.
 *
 * First byte: the status; the second: whose endpoint.  The rest is the body.
 */
#include <stdint.h>
#include "auth/token_int.h"
#include "connector/base/die.h"
#include "connector/base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int status[] = {200, 200, 400, 401, 403, 429, 503, 0};
	AUTO(buf) token = BUF_MAX(TOKEN_MAX);
	struct token_answer to = {.token = &token};
	struct http_answer r = {.why = "nothing"};
	struct err e = ERR_EMPTY;

	if (size < 2)
		return 0;
	token.secret = true;
	r.status = status[data[0] % ARRAY_LEN(status)];
	r.body = str_n(data + 2, size - 2);
	if (token_answer_read(&r, data[1] & 1, &to, &e)) {
		must(r.status == 200 && token.n > 0 && to.life_us > 0);
		must(!str_has_control(buf_str(&token)));
	} else {
		must(e.class == ERR_RETRY || e.class == ERR_DENIED);
		must(utf8_valid(str_of(e.text)));
		must(!str_has_control(str_of(e.text)));
		must(token.n == 0);
	}
	return 0;
}
