/* detect.c - the detectors in their order: who comes first owns the digits. */
#include "connector/extract/detect_int.h"

#define BIT(d)	(1u << (d))
#define NUMBERS (BIT(DETECT_CARD) | BIT(DETECT_MY_NUMBER))

static const struct {
	unsigned for_whom; /* run when one of these is wanted */
	void (*run)(struct detect *d);
} order[] = {
	{NUMBERS | BIT(DETECT_IBAN), detect_iban},
	{BIT(DETECT_SIXTEEN), detect_sixteen},
	{NUMBERS | BIT(DETECT_LICENCE), detect_licence},
	{NUMBERS | BIT(DETECT_CORPORATE), detect_corporate},
	{NUMBERS, detect_card},
	{BIT(DETECT_MY_NUMBER) | BIT(DETECT_PHONE), detect_my_number},
	{BIT(DETECT_BANK), detect_bank},
	{BIT(DETECT_PASSPORT), detect_passport},
	{BIT(DETECT_PHONE), detect_phone},
	{BIT(DETECT_MAIL), detect_mail},
	{BIT(DETECT_POSTAL), detect_postal},
};

void detect_run(const struct fold *f, unsigned wanted, uint32_t source,
		struct detect_set *s)
{
	struct detect d = {
		.f = f, .wanted = wanted, .source = source, .set = s};

	runs_find(f, &d.runs, &s->work);
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		if (wanted & order[i].for_whom)
			order[i].run(&d);
	runs_release(&d.runs);
}
