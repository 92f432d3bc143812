/* fuzz_users - bytes as a tenant's users file.  Whoever it lets in has a hash
 * at a bounded cost, and addresses of the tenant alone.
 */
#include "auth/login_int.h"
#include "connector/base/die.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static char *domains[] = {(char *)"example.jp", (char *)"*.example.jp"};
	static struct tenant_conf tenant = {.tenant = (char *)"t",
					    .domains = {domains, 2}};
	struct users u = {.read = false};
	struct str name;
	size_t at = 0;
	void *value;

	if (!users_read(&u, &tenant, str_n(p, n), NULL))
		return 0;
	while (map_next(&u.by_name, &at, &name, &value)) {
		const struct user *user = value;

		must(users_find(&u, name) == user);
		must(!user->hash || password_hash_ok(user->hash));
		for (size_t i = 0; i < user->address_n; i++)
			must(str_ends(user->address[i], STR("example.jp")));
	}
	users_release(&u);
	return 0;
}
