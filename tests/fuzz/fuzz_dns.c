/* fuzz_dns.c - record data as a name server may send it, and names to ask.
 * First byte: the type.
 */
#include <stdint.h>
#include "connector/base/die.h"
#include "connector/sys/dns/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const enum dns_type TYPES[] = {DNS_A,   DNS_CNAME, DNS_PTR, DNS_MX,
				      DNS_TXT, DNS_AAAA,  DNS_TLSA};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct dns_record r;
	struct str in;

	if (size == 0)
		return 0;
	in = str_n(data + 1, size - 1);
	if (dns_wire_record(TYPES[data[0] % ARRAY_LEN(TYPES)], in, &a, &r)) {
		must(r.name.n <= DNS_NAME_MAX && r.data.n <= DNS_TXT_MAX);
		/* What was read as a name may be asked for. */
		if (r.name.n && !str_is(r.name, "."))
			must(dns_wire_askable(r.name));
	}
	(void)dns_wire_askable(in);
	return 0;
}
