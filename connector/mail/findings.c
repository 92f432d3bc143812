/* findings.c - wire form of findings; see findings.h. Nothing read here is
 * trusted.
 */
#include "connector/mail/findings.h"

#include "connector/base/utf8.h"

#define HIT_WIRE     9
#define COMPANY_WIRE 5
#define SAMPLE_WIRE  8

void findings_write(const struct findings *f, struct buf *out)
{
	buf_put_u32(out, f->version);
	buf_put_u8(out, f->more);
	for (unsigned s = 0; s < SCOPE_N; s++) {
		for (unsigned d = 0; d < DETECT_N; d++)
			buf_put_u32(out, f->unique[s][d]);
		buf_put_u32(out, f->people[s]);
	}
	buf_put_u32(out, (uint32_t)f->hit_n);
	for (size_t i = 0; i < f->hit_n; i++) {
		buf_put_u32(out, f->hit[i].term);
		buf_put_u8(out, (uint8_t)f->hit[i].place);
		buf_put_u32(out, f->hit[i].count);
	}
	buf_put_u32(out, (uint32_t)f->company_n);
	for (size_t i = 0; i < f->company_n; i++) {
		buf_put_u32(out, f->company[i].company);
		buf_put_u8(out, (uint8_t)f->company[i].place);
	}
	buf_put_u32(out, (uint32_t)f->sample_n);
	for (size_t i = 0; i < f->sample_n; i++) {
		buf_put_u8(out, (uint8_t)f->sample[i].what);
		buf_put_u8(out, (uint8_t)f->sample[i].place);
		buf_put_u16(out, f->sample[i].part);
		buf_put_bytes(out, f->sample[i].text);
	}
}

static bool read_hits(struct rd *in, struct arena *a, struct findings *f)
{
	f->hit_n = rd_count(in, FINDINGS_HITS_MAX, HIT_WIRE);
	f->hit = arena_array(a, f->hit_n, sizeof(*f->hit));
	for (size_t i = 0; i < f->hit_n; i++) {
		struct term_hit *h = &f->hit[i];

		h->term = rd_u32(in);
		h->place = rd_u8(in);
		h->count = rd_u32(in);
		if (h->term >= QUESTION_TERMS_MAX ||
		    (unsigned)h->place >= PLACE_N || !h->count ||
		    h->count > FINDINGS_COUNT_MAX)
			return false;
		if (i && (h->term < h[-1].term ||
			  (h->term == h[-1].term && h->place <= h[-1].place)))
			return false;
	}
	return true;
}

static bool read_companies(struct rd *in, struct arena *a, struct findings *f)
{
	f->company_n = rd_count(in, FINDINGS_HITS_MAX, COMPANY_WIRE);
	f->company = arena_array(a, f->company_n, sizeof(*f->company));
	for (size_t i = 0; i < f->company_n; i++) {
		struct company_hit *h = &f->company[i];

		h->company = rd_u32(in);
		h->place = rd_u8(in);
		if (h->company >= QUESTION_COMPANIES_MAX ||
		    (unsigned)h->place >= PLACE_N)
			return false;
		if (i &&
		    (h->company < h[-1].company ||
		     (h->company == h[-1].company && h->place <= h[-1].place)))
			return false;
	}
	return true;
}

static bool read_samples(struct rd *in, struct arena *a, struct findings *f)
{
	f->sample_n = rd_count(in, FINDINGS_SAMPLES_MAX, SAMPLE_WIRE);
	f->sample = arena_array(a, f->sample_n, sizeof(*f->sample));
	for (size_t i = 0; i < f->sample_n; i++) {
		struct sample *s = &f->sample[i];

		s->what = rd_u8(in);
		s->place = rd_u8(in);
		s->part = rd_u16(in);
		s->text = rd_lenbytes(in, FINDINGS_SAMPLE_MAX);
		if ((unsigned)s->what >= DETECT_N ||
		    (unsigned)s->place >= PLACE_N || !utf8_valid(s->text) ||
		    str_has_control(s->text))
			return false;
	}
	return true;
}

bool findings_read(struct rd *in, struct arena *a, struct findings *f_r,
		   struct err *e)
{
	uint8_t more;

	*f_r = (struct findings){.version = rd_u32(in)};
	more = rd_u8(in);
	f_r->more = more;
	for (unsigned s = 0; s < SCOPE_N; s++) {
		for (unsigned d = 0; d < DETECT_N; d++)
			f_r->unique[s][d] = rd_u32(in);
		f_r->people[s] = rd_u32(in);
	}
	if (more > 1 || !read_hits(in, a, f_r) || !read_companies(in, a, f_r) ||
	    !read_samples(in, a, f_r) || !rd_ok(in))
		return err_set(e, ERR_PERMANENT, 0, "bad findings");
	return true;
}

uint64_t findings_hits(const struct findings *f, uint32_t term, unsigned places)
{
	uint64_t sum = 0;
	size_t lo = 0, hi = f->hit_n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (f->hit[mid].term < term)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < f->hit_n && f->hit[lo].term == term; lo++)
		if (places >> f->hit[lo].place & 1)
			sum += f->hit[lo].count;
	return sum;
}
