/* sheet_column.c - what the head of a column says of its numbers; see
 * package_int.h.
 *
 * A phone number or an Individual Number that is typed into a cell becomes a
 * number, and the zeros before it are gone: 09012345678 is 9012345678.
 */
#include "connector/extract/package_int.h"

#define HEAD_MAX    90 /* bytes: what is longer is no head */
#define PHONE_LEAST 9  /* digits without the zero */
#define PHONE_MOST  10
#define MINE_DIGITS 12
#define MINE_LEAST  9 /* one in a thousand has more zeros */

enum { HEAD_NONE, HEAD_PHONE, HEAD_MINE };

void column_row(struct walk *w)
{
	w->column = 0;
}

/* "BC12" is column 54; without it the next one. */
void column_cell(struct walk *w, struct str reference)
{
	uint32_t n = 0;

	for (size_t i = 0; i < reference.n && n < SHEET_COLUMNS_MAX; i++) {
		char c = ascii_lower(reference.p[i]);

		if (c < 'a' || c > 'z')
			break;
		n = n * 26 + (uint32_t)(c - 'a' + 1);
	}
	w->column = n ? n : w->column + 1;
}

static uint8_t *head_of(struct walk *w, bool make)
{
	struct sheets *s = &w->p->sheets;

	if (w->column > SHEET_COLUMNS_MAX)
		return NULL;
	while (make && s->heads.n <= w->column)
		vec_push(&s->heads, HEAD_NONE);
	return w->column < s->heads.n ? &s->heads.v[w->column] : NULL;
}

void column_text(struct walk *w, struct str text)
{
	static const char *const phone[] = {"電話", "tel", "phone",
					    "携帯", "fax", NULL};
	static const char *const mine[] = {"マイナンバー", "個人番号",
					   "my number", NULL};
	struct fold *f = &w->p->sheets.fold;
	uint8_t *head;

	if (!text.n || text.n > HEAD_MAX)
		return;
	fold_read(f, text, false);
	if (fold_before(f, f->n, f->n, mine) && (head = head_of(w, true)))
		*head = HEAD_MINE;
	else if (fold_before(f, f->n, f->n, phone) && (head = head_of(w, true)))
		*head = HEAD_PHONE;
}

void column_number(struct walk *w, struct str number)
{
	const uint8_t *head = head_of(w, false);
	size_t zeros = 0;

	for (size_t i = 0; i < number.n; i++)
		if (!ascii_digit(number.p[i]))
			return;
	if (head && *head == HEAD_PHONE && number.n >= PHONE_LEAST &&
	    number.n <= PHONE_MOST)
		zeros = 1;
	else if (head && *head == HEAD_MINE && number.n >= MINE_LEAST &&
		 number.n < MINE_DIGITS)
		zeros = MINE_DIGITS - number.n;
	if (!zeros)
		return;
	gather_put(&w->p->side, str_n("000", zeros));
	gather_put(&w->p->side, number);
	gather_line(&w->p->side);
}
