/* words.c - the master key as words for paper.
 *
 * Each word is 16 bits in five letters, consonant and vowel in turn, so that
 * it can be read aloud and typed.  The last two words are a checksum over the
 * key: a slip of the pen is found before a wrong key is ever used.
 */
#include "connector/base/mem.h"
#include "connector/sys/keys/keys.h"

#define WORD_LETTERS 5
#define KEY_WORDS    (KEY_LEN / 2)

static const char consonant[] = "bdfghjklmnprstvz";
static const char vowel[] = "aiou";

static void word_put(uint16_t bits, struct buf *out)
{
	buf_putc(out, consonant[bits >> 12 & 15]);
	buf_putc(out, vowel[bits >> 10 & 3]);
	buf_putc(out, consonant[bits >> 6 & 15]);
	buf_putc(out, vowel[bits >> 4 & 3]);
	buf_putc(out, consonant[bits & 15]);
}

static void key_check(const unsigned char key[KEY_LEN],
		      unsigned char check_r[SHA256_LEN])
{
	struct str label = STR("sekisho master key words 1");

	hmac_sha256(key, KEY_LEN, label.p, label.n, check_r);
}

void master_key_words(const unsigned char key[KEY_LEN], struct buf *out)
{
	unsigned char check[SHA256_LEN];

	key_check(key, check);
	for (size_t i = 0; i < MASTER_WORDS; i++) {
		const unsigned char *from = i < KEY_WORDS
						    ? key + 2 * i
						    : check + 2 * (i -
								   KEY_WORDS);

		if (i > 0)
			buf_putc(out, ' ');
		word_put((uint16_t)(from[0] << 8 | from[1]), out);
	}
	mem_wipe(check, sizeof(check));
}

static bool word_read(struct str w, uint16_t *bits_r)
{
	unsigned bits = 0;

	if (w.n != WORD_LETTERS)
		return false;
	for (size_t i = 0; i < WORD_LETTERS; i++) {
		const char *set = i % 2 ? vowel : consonant;
		char c = ascii_lower(w.p[i]);
		const char *at = c ? strchr(set, c) : NULL;

		if (!at)
			return false;
		bits = bits << (i % 2 ? 2 : 4) | (unsigned)(at - set);
	}
	*bits_r = (uint16_t)bits;
	return true;
}

static bool word_gap(char c)
{
	return c == ' ' || c == '-' || c == '\t' || c == '\r' || c == '\n';
}

/* The next word of *rest, or an empty one at the end. */
static struct str word_next(struct str *rest)
{
	struct str w;

	while (rest->n > 0 && word_gap(rest->p[0]))
		*rest = str_skip(*rest, 1);
	w = str_head(*rest, 0);
	while (w.n < rest->n && !word_gap(rest->p[w.n]))
		w.n++;
	*rest = str_skip(*rest, w.n);
	return w;
}

static bool words_read(struct str words, unsigned char *bytes, struct err *e)
{
	for (size_t i = 0; i < MASTER_WORDS; i++) {
		struct str w = word_next(&words);
		uint16_t bits = 0;

		if (w.n == 0)
			return err_set(e, ERR_PERMANENT, 0,
				       "%zu words instead of %d", i,
				       MASTER_WORDS);
		if (!word_read(w, &bits))
			return err_set(e, ERR_PERMANENT, 0,
				       "word %zu is not one of ours: five "
				       "letters, consonant and vowel in turn",
				       i + 1);
		bytes[2 * i] = (unsigned char)(bits >> 8);
		bytes[2 * i + 1] = (unsigned char)(bits & 0xff);
	}
	if (word_next(&words).n > 0)
		return err_set(e, ERR_PERMANENT, 0, "more than %d words",
			       MASTER_WORDS);
	return true;
}

bool master_key_from_words(struct str words, unsigned char key_r[KEY_LEN],
			   struct err *e)
{
	unsigned char bytes[2 * MASTER_WORDS];
	unsigned char check[SHA256_LEN];
	bool ok = words_read(words, bytes, e);

	if (ok) {
		key_check(bytes, check);
		ok = memcmp(check, bytes + KEY_LEN, sizeof(bytes) - KEY_LEN) ==
		     0;
		if (!ok)
			err_set(e, ERR_PERMANENT, 0,
				"the checksum is wrong: one of the words was "
				"misread, or two changed places");
	}
	if (ok)
		memcpy(key_r, bytes, KEY_LEN);
	mem_wipe(bytes, sizeof(bytes));
	mem_wipe(check, sizeof(check));
	return ok;
}
