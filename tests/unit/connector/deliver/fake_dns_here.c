/* fake_dns_here.c - the name server of the tests, for this runner. */
#include "tests/unit/connector/sys/dns/fake_dns.c"
