/* wire.c - record data of a DNS answer; see wire.h. */
#include "connector/sys/dns/wire.h"
#include "connector/base/buf.h"

#define IN_ADDR_LEN  4
#define IN6_ADDR_LEN 16
#define TLSA_LEAST   3 /* usage, selector, matching type; RFC 6698 2.1 */

/* A dot or a NUL inside of a label would make another name of it. */
static bool is_host_byte(char c)
{
	return ascii_alnum(c) || c == '-' || c == '_';
}

static bool take_label(struct rd *in, size_t n, struct buf *out)
{
	struct str label = rd_bytes(in, n);

	TRY(n <= DNS_LABEL_MAX && rd_ok(in));
	if (out->n)
		buf_putc(out, '.');
	for (size_t i = 0; i < label.n; i++) {
		TRY(is_host_byte(label.p[i]));
		buf_putc(out, ascii_lower(label.p[i]));
	}
	return buf_ok(out);
}

bool dns_wire_name(struct rd *in, struct arena *a, struct str *name_r)
{
	AUTO(buf) text = BUF_MAX(DNS_NAME_MAX);
	size_t begun = in->pos;

	for (;;) {
		size_t n = rd_u8(in);

		TRY(rd_ok(in));
		if (n == 0)
			break;
		TRY(take_label(in, n, &text));
	}
	TRY(in->pos - begun <= DNS_NAME_MAX);
	*name_r = text.n ? arena_str(a, buf_str(&text)) : STR(".");
	return true;
}

/* RFC 1035 3.3.14, and RFC 7208 3.3: strings are joined without a blank. */
static bool take_text(struct rd *in, struct arena *a, struct str *data_r)
{
	AUTO(buf) text = BUF_MAX(DNS_TXT_MAX);

	while (!rd_end(in)) {
		size_t n = rd_u8(in);

		buf_put_str(&text, rd_bytes(in, n));
		TRY(rd_ok(in) && buf_ok(&text));
	}
	*data_r = arena_str(a, buf_str(&text));
	return true;
}

static uint16_t take_u16(struct rd *in) /* the network's order */
{
	unsigned high = rd_u8(in);

	return (uint16_t)(high << 8 | rd_u8(in));
}

static bool take_data(struct str rdata, size_t least, size_t most,
		      struct arena *a, struct str *data_r)
{
	TRY(rdata.n >= least && rdata.n <= most);
	*data_r = arena_str(a, rdata);
	return true;
}

bool dns_wire_record(enum dns_type type, struct str rdata, struct arena *a,
		     struct dns_record *r)
{
	struct rd in = rd_of(rdata);

	*r = (struct dns_record){0};
	switch (type) {
	case DNS_A:
		return take_data(rdata, IN_ADDR_LEN, IN_ADDR_LEN, a, &r->data);
	case DNS_AAAA:
		return take_data(rdata, IN6_ADDR_LEN, IN6_ADDR_LEN, a,
				 &r->data);
	case DNS_TLSA:
		return take_data(rdata, TLSA_LEAST, DNS_TXT_MAX, a, &r->data);
	case DNS_TXT:
		return take_text(&in, a, &r->data);
	case DNS_MX:
		r->preference = take_u16(&in);
		return dns_wire_name(&in, a, &r->name) && rd_end(&in);
	case DNS_CNAME:
	case DNS_PTR:
		return dns_wire_name(&in, a, &r->name) && rd_end(&in);
	}
	return false;
}

bool dns_wire_askable(struct str name)
{
	struct str label;

	if (str_ends(name, STR(".")))
		name.n--;
	/* A length byte before each label, and the root's. */
	TRY(name.n > 0 && name.n + 2 <= DNS_NAME_MAX);
	TRY(name.p[name.n - 1] != '.');
	while (str_split(&name, '.', &label)) {
		TRY(label.n > 0 && label.n <= DNS_LABEL_MAX);
		for (size_t i = 0; i < label.n; i++)
			TRY(is_host_byte(label.p[i]));
	}
	return true;
}
