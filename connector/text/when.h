/* when.h - dates, spans and sizes in the forms that people read, ja and en.
 * 24 hours always; the zone is the organisation's.
 */
#ifndef SEKISHO_TEXT_WHEN_H
#define SEKISHO_TEXT_WHEN_H

#include "connector/base/clock.h"
#include "connector/text/catalogue.h"

/* "14:37" on the day of now, with 今日 / today where `words`; yesterday and
 * tomorrow by word; else "8月25日(火) 14:37", "Tue 25 Aug, 14:37", with the
 * year where it is another one. */
void when_put(struct buf *b, enum language l, const struct tz *tz,
	      int64_t at_us, int64_t now_us, bool words);
/* The same with seconds, "14:37:00". */
void when_put_exact(struct buf *b, enum language l, const struct tz *tz,
		    int64_t at_us, int64_t now_us);
/* "4分12秒", "2 h 28 min", "6日"; never negative. */
void when_put_span(struct buf *b, enum language l, int64_t us);
/* "4:12", "2:28:04", "6日 2:28:04": a clock's digits. */
void when_put_clock(struct buf *b, enum language l, int64_t us);
/* "84 KB", "1.8 MB", by 1024. */
void when_put_size(struct buf *b, uint64_t bytes);

#endif
