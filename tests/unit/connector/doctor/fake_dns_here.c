/* fake_dns_here.c - the fake name server, linked into this runner, too. */
#include "tests/unit/connector/sys/dns/fake_dns.c"
