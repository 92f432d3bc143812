/* auth.h - who is it: proof of tenant for SMTP peers.
 *
 * Everything that is configured for a tenant must fit, and all of it of one
 * and the same tenant; there is no default that accepts.  A domain has one
 * owner, the tenant that names it most closely, and only the owner's proofs
 * count for it.  What stands before DATA (address, certificate, TLS, MAIL
 * FROM, login) is asked by auth_prove(); what stands in the header by
 * auth_prove_header().  The object holds what is no setting: ranges that
 * clouds publish, and the values of secret headers.  On one loop.
 */
#ifndef SEKISHO_AUTH_H
#define SEKISHO_AUTH_H

#include "connector/base/err.h"
#include "connector/conf/config.h"
#include "connector/mail/envelope.h"

struct sockaddr;

#define AUTH_SECRET_VALUES_MAX 2  /* of one header, while it is changed */
#define AUTH_SECRET_LEAST      16 /* bytes of a value */
#define AUTH_SECRET_MOST       128
#define AUTH_SECRET_TEXT_MAX   (16 * 1024) /* of the file or stored secret */
#define AUTH_PEER_NAMES_MAX    64 /* of a peer's certificate that are kept */

/* Text of a secret by its reference: file, credential, or store. It lives in
 * the arena, which the caller wipes. */
typedef bool auth_secret_read(void *arg, const struct secret_ref *ref,
			      struct arena *a, struct str *text_r,
			      struct err *e);

/* The text of a header's secret: one or two lines, each a token of letters
 * and digits (rules of clouds match words). Class CONFIG; never quotes it. */
bool auth_secret_lines(struct str text,
		       struct str line_r[AUTH_SECRET_VALUES_MAX], size_t *n_r,
		       struct err *e) MUST_USE;

struct auth;
/* Reads the secrets. false of read: that tenant proves nothing until it can be
 * read (451), its reason is kept for auth_health(). c: borrowed until the next
 * auth_set_config(). */
struct auth *auth_new(const struct config *c, auth_secret_read *read,
		      void *arg);
/* After a reload or a change of a secret. Ranges stay. */
void auth_set_config(struct auth *a, const struct config *c,
		     auth_secret_read *read, void *arg);
void auth_free(struct auth **a);

enum auth_cloud { AUTH_CLOUD_M365, AUTH_CLOUD_GOOGLE, AUTH_CLOUD_COUNT };
/* Copies. fetched_us: wall clock, for the age that doctor shows. n 0 is
 * ignored: a list never shrinks to nothing. */
void auth_set_ranges(struct auth *a, enum auth_cloud cloud,
		     const struct cidr *v, size_t n, int64_t fetched_us);
/* n 0: never known. */
size_t auth_ranges(const struct auth *a, enum auth_cloud cloud,
		   int64_t *fetched_us_r);
/* Does a tenant of the configuration ask for this cloud's list? */
bool auth_wants_ranges(const struct config *c, enum auth_cloud cloud);

/* Takes the validation mail of a connector until then (wall clock): mail from
 * the tenant's networks with its certificate, to this address alone, that
 * fails by its sender or header only, is AUTH_VALIDATION and is sunk. An empty
 * tenant ends it. */
void auth_set_onboarding(struct auth *a, struct str tenant, struct str to,
			 int64_t until_us);

struct auth_peer {
	const struct sockaddr *address;
	bool tls;
	bool certificate_verified;
	const struct str *certificate_name; /* DNS names (SAN, else CN) */
	size_t certificate_name_n;
	/* A submission session that is logged in: proves the tenant by itself
	 * (networks, certificate and headers are not asked). NULL: none. */
	const struct tenant_conf *login;
};

enum auth_answer {
	AUTH_OK,
	AUTH_NEEDS_TLS,	 /* would fit but for TLS: 530 5.7.0 */
	AUTH_NOT_YET,	 /* ranges or a secret are not known here: 451 4.7.1 */
	AUTH_VALIDATION, /* onboarding: 250, and nothing is kept */
	AUTH_NO_TENANT,	 /* 550 5.7.1 */
};

/* Which proof failed first: for logs, metrics and the audit, never for the
 * peer. */
enum auth_proof {
	AUTH_PROOF_NETWORK,
	AUTH_PROOF_TLS,
	AUTH_PROOF_CERTIFICATE,
	AUTH_PROOF_DOMAIN, /* MAIL FROM; of a null sender the header From */
	AUTH_PROOF_TENANT_ID,
	AUTH_PROOF_ORIGINATOR_ORG,
	AUTH_PROOF_HEADER, /* the secret one */
	AUTH_PROOF_BLOCK,  /* header block without an end */
	AUTH_PROOF_DKIM,
	AUTH_PROOF_UNKNOWN, /* AUTH_NOT_YET: ranges or secret */
	AUTH_PROOF_COUNT,
	AUTH_PROOF_NONE = AUTH_PROOF_COUNT
};
const char *auth_proof_name(enum auth_proof p);

/* Is the peer inside some tenant's networks? (Deadlines, limits.) */
const struct tenant_conf *auth_peer_tenant(const struct auth *a,
					   const struct sockaddr *address);
/* All proofs that stand before DATA. from NULL: null sender. tenant_r: whose
 * domain it is; NULL with AUTH_OK: the header decides. */
enum auth_answer auth_prove(const struct auth *a, const struct auth_peer *p,
			    const struct addr *from,
			    const struct tenant_conf **tenant_r,
			    enum auth_proof *failed_r);
/* All proofs but DKIM, those before DATA once more: tenant-id, originator-org,
 * secret header; for a null sender the From domain. head: raw header block.
 * tenant: what auth_prove() gave, possibly of an older configuration. AUTH_OK
 * and AUTH_VALIDATION: *tenant_r is never NULL. */
enum auth_answer
auth_prove_header(const struct auth *a, const struct auth_peer *p,
		  const struct envelope *env, const struct tenant_conf *tenant,
		  struct str head, const struct tenant_conf **tenant_r,
		  enum auth_proof *failed_r);
/* Does this tenant (NULL: any) ask for something in the header? Then a block
 * without an end proves nothing. */
bool auth_wants_header(const struct auth *a, const struct tenant_conf *t);

/* The last proof, once the signatures are checked: one of d_n domains of
 * valid DKIM signatures is in the tenant's list; true where none is asked. */
bool auth_prove_dkim(const struct tenant_conf *t, const struct str *d,
		     size_t d_n);
bool auth_wants_dkim(const struct tenant_conf *t);

/* Is this a header that carries one of our secrets: to be cut before the
 * message is stored, whatever it holds? (Any tenant's accept.header or done
 * header.) */
bool auth_header_is_secret(const struct auth *a, struct str name);
/* Does the done header hold the tenant's secret: did it come through us? */
bool auth_header_is_done(const struct auth *a, const struct tenant_conf *t,
			 struct str head);
/* What the done header is written with; empty: none, or not to be read. */
struct str auth_done_value(const struct auth *a, const struct tenant_conf *t);

/* Is this domain (compared form) one of the tenant's? */
bool auth_domain_of(const struct tenant_conf *t, struct str domain_key);
/* The tenant whose `domains` fit best; NULL: none, or two equally well. */
const struct tenant_conf *auth_domain_owner(const struct config *c,
					    struct str domain_key);

/* One line for each tenant or cloud that is not well; for doctor. */
void auth_health(const struct auth *a, int64_t now_us, struct buf *out);

#endif
