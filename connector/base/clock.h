/* clock.h - time: now, zones, and the forms in which people read it.
 *
 * Moments are int64_t microseconds since 1970 UTC.  Zones are read from the
 * system's zoneinfo (TZif, RFC 8536) into an immutable struct tz that any
 * thread may use: the C library's zone is per process and so unfit.
 */
#ifndef SEKISHO_BASE_CLOCK_H
#define SEKISHO_BASE_CLOCK_H

#include "connector/base/buf.h"
#include "connector/base/err.h"

int64_t clock_now_us(void);	  /* wall clock */
int64_t clock_monotonic_us(void); /* for deadlines */
int64_t clock_machine_us(void);	  /* since boot, counting through suspends */

struct tz;
/* name as "Asia/Tokyo"; refused when it holds ".." or starts with "/". */
struct tz *tz_load(const char *name, struct err *e) MUST_USE;
void tz_free(struct tz **tz);
const char *tz_name(const struct tz *tz);
const struct tz *tz_utc(void);
int32_t tz_offset_s(const struct tz *tz, int64_t at_us);   /* east positive */
const char *tz_abbrev(const struct tz *tz, int64_t at_us); /* "JST" */

struct civil {
	int year, month, day, hour, minute, second, us;
	int weekday; /* 0 = Sunday */
	int32_t offset_s;
};
void civil_of(const struct tz *tz, int64_t at_us, struct civil *c_r);
/* Local time to moment (the earlier one where it is double; shifted forward
 * where it does not exist). Fields may overflow (day 32) and are normalised. */
int64_t civil_to_us(const struct tz *tz, const struct civil *c);

/* RFC 5322 3.3 "Tue, 25 Aug 2026 14:37:00 +0900". */
void time_put_rfc5322(struct buf *b, const struct tz *tz, int64_t at_us);
/* RFC 3339 with offset "2026-08-25T14:37:00+09:00". */
void time_put_rfc3339(struct buf *b, const struct tz *tz, int64_t at_us);
/* "2026-08-25 14:37:00 +0900", the form of the classic notices. */
void time_put_notice(struct buf *b, const struct tz *tz, int64_t at_us);
bool time_parse_rfc3339(struct str s, int64_t *us_r) MUST_USE; /* with offset */
/* "90s 5m 2h 3d" one number and unit; also "0". false if malformed. */
bool duration_parse(struct str s, int64_t *us_r) MUST_USE;
/* "2KB", "150MB", powers of 1024, also plain bytes "123B"/"123". */
bool size_parse(struct str s, uint64_t *bytes_r) MUST_USE;

#endif
