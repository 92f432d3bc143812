/* tls.c - TLS contexts; sessions are in session.c. See tls.h. */
#include "connector/sys/tls/tls.h"
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>
#include "connector/base/die.h"
#include "connector/base/mem.h"
#include "connector/sys/tls/tls_int.h"

/* X25519 first: half the cost of P-256 for a handshake; P-256 for those that
 * have nothing else. */
#define GROUPS "X25519:P-256"
/* TLS 1.2 with us: forward secret and authenticated, as TLS 1.3 is. What a
 * server elsewhere has is taken as it comes. */
#define CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20"

void tls_error(struct err *e, enum err_class class, const char *what)
{
	unsigned long code = ERR_peek_last_error();
	const char *why = ERR_reason_error_string(code);

	err_set(e, class, (int)ERR_GET_REASON(code), "%s: %s", what,
		why ? why : "unknown reason");
	ERR_clear_error();
}

/* A key behind a pass phrase is an error, not a question on a terminal. */
static int no_phrase(char *out, int n, int rw, void *arg)
{
	(void)out;
	(void)n;
	(void)rw;
	(void)arg;
	return 0;
}

static struct tls_ctx *ctx_new(const SSL_METHOD *method, bool server)
{
	struct tls_ctx *ctx = NEW(struct tls_ctx);
	SSL_CTX *c = SSL_CTX_new(method);

	must(c);
	ctx->ssl = c;
	ctx->server = server;
	atomic_init(&ctx->refs, 1);
	must(SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) == 1);
	must(SSL_CTX_set1_groups_list(c, GROUPS) == 1);
	must(!server || SSL_CTX_set_cipher_list(c, CIPHERS) == 1);
	SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
				       SSL_OP_NO_TICKET |
				       SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_num_tickets(c, 0);
	SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS |
				    SSL_MODE_ENABLE_PARTIAL_WRITE |
				    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_default_passwd_cb(c, no_phrase);
	return ctx;
}

static bool use_key(SSL_CTX *c, struct str pem)
{
	BIO *b = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *key;
	bool ok;

	must(b);
	key = PEM_read_bio_PrivateKey(b, NULL, no_phrase, NULL);
	ok = key && SSL_CTX_use_PrivateKey(c, key) == 1;
	EVP_PKEY_free(key);
	BIO_free(b);
	return ok;
}

/* The key is a file's, or `pem` where that is not empty. */
static bool load_pair(SSL_CTX *c, const char *certificate, const char *key,
		      struct str pem, struct err *e)
{
	if (pem.n)
		key = "the key";
	ERR_clear_error();
	if (SSL_CTX_use_certificate_chain_file(c, certificate) != 1) {
		tls_error(e, ERR_CONFIG, "no certificate can be read");
		return err_wrap(e, "%s", certificate);
	}
	if (!(pem.n ? use_key(c, pem)
		    : SSL_CTX_use_PrivateKey_file(c, key, SSL_FILETYPE_PEM) ==
			      1)) {
		tls_error(e, ERR_CONFIG,
			  "no key that fits the certificate can be read");
		return err_wrap(e, "%s", key);
	}
	if (SSL_CTX_check_private_key(c) != 1) {
		tls_error(e, ERR_CONFIG, "key and certificate do not fit");
		return err_wrap(e, "%s", key);
	}
	return true;
}

static bool load_roots(SSL_CTX *c, const char *ca_file, struct err *e)
{
	ERR_clear_error();
	if (!ca_file) {
		if (SSL_CTX_set_default_verify_paths(c) == 1)
			return true;
		tls_error(e, ERR_CONFIG, "the system's certificates");
		return false;
	}
	if (SSL_CTX_load_verify_file(c, ca_file) == 1)
		return true;
	tls_error(e, ERR_CONFIG, "no certificate can be read");
	return err_wrap(e, "%s", ca_file);
}

/* Whatever the verdict, the session goes on and knows it (tls_peer_verified):
 * without a proof it is a stranger's session. */
static int note_verdict(int ok, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(
		store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_session *s = ssl ? SSL_get_app_data(ssl) : NULL;

	if (!ok && s)
		s->verify_failed = true;
	return 1;
}

static bool request_client(SSL_CTX *c, const char *ca_file, struct err *e)
{
	TRY(load_roots(c, ca_file, e));
	if (ca_file) {
		STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(ca_file);

		if (names)
			SSL_CTX_set_client_CA_list(c, names);
		ERR_clear_error();
	}
	SSL_CTX_set_verify(c, SSL_VERIFY_PEER, note_verdict);
	/* Public CAs no longer issue certificates for clients: a sending server
	 * shows the one it has as a server. */
	must(SSL_CTX_set_purpose(c, X509_PURPOSE_ANY) == 1);
	return true;
}

static int pick_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_n,
		     const unsigned char *in, unsigned in_n, void *arg)
{
	const struct tls_ctx *ctx = arg;

	(void)ssl;
	if (SSL_select_next_proto((unsigned char **)(uintptr_t)out, out_n,
				  ctx->alpn, ctx->alpn_n, in,
				  in_n) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL; /* RFC 7301 3.2 */
	return SSL_TLSEXT_ERR_OK;
}

static void set_alpn(struct tls_ctx *ctx, const char *name)
{
	size_t n = strlen(name);

	must(n > 0 && n < sizeof(ctx->alpn));
	ctx->alpn[0] = (unsigned char)n;
	memcpy(ctx->alpn + 1, name, n);
	ctx->alpn_n = (unsigned)n + 1;
	SSL_CTX_set_alpn_select_cb(ctx->ssl, pick_alpn, ctx);
}

struct tls_ctx *tls_server_new(const struct tls_server_conf *conf,
			       struct err *e)
{
	struct tls_ctx *ctx = ctx_new(TLS_server_method(), true);

	if (!load_pair(ctx->ssl, conf->certificate_file, conf->key_file,
		       conf->key, e) ||
	    (conf->request_client_certificate &&
	     !request_client(ctx->ssl, conf->client_ca_file, e)))
		tls_ctx_free(&ctx);
	else if (conf->alpn)
		set_alpn(ctx, conf->alpn);
	return ctx;
}

/* RFC 6066 3: names are compared without case. An unknown one is no reason to
 * end the handshake: mail would wait for nothing. */
static int pick_name(SSL *ssl, int *alert, void *arg)
{
	const char *asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	struct tls_session *s = SSL_get_app_data(ssl);
	struct tls_ctx *ctx = arg;

	(void)alert;
	VEC_EACH (it, &ctx->names) {
		if (!asked || !str_eq_ci(str_of(asked), str_of(it->name)))
			continue;
		if (it->ctx && !SSL_set_SSL_CTX(ssl, it->ctx->ssl))
			return SSL_TLSEXT_ERR_ALERT_FATAL;
		if (s)
			s->asked = it->name;
		return SSL_TLSEXT_ERR_OK;
	}
	return SSL_TLSEXT_ERR_NOACK;
}

void tls_server_add_name(struct tls_ctx *ctx, const char *name,
			 struct tls_ctx *named)
{
	struct tls_name row = {mem_strdup(name),
			       named ? tls_ctx_ref(named) : NULL};

	must(ctx->server && ctx != named && (!named || named->server));
	vec_push(&ctx->names, row);
	SSL_CTX_set_tlsext_servername_callback(ctx->ssl, pick_name);
	SSL_CTX_set_tlsext_servername_arg(ctx->ssl, ctx);
}

struct tls_ctx *tls_client_new(const struct tls_client_conf *conf,
			       struct err *e)
{
	struct tls_ctx *ctx = ctx_new(TLS_client_method(), false);
	const char *key = conf->key_file ? conf->key_file
					 : conf->certificate_file;

	ctx->verify = conf->verify;
	SSL_CTX_set_verify(ctx->ssl,
			   conf->verify == TLS_VERIFY_NAME ? SSL_VERIFY_PEER
							   : SSL_VERIFY_NONE,
			   NULL);
	if ((conf->verify == TLS_VERIFY_NAME || conf->ca_file) &&
	    !load_roots(ctx->ssl, conf->ca_file, e))
		tls_ctx_free(&ctx);
	else if (conf->certificate_file &&
		 !load_pair(ctx->ssl, conf->certificate_file, key, STR_EMPTY,
			    e))
		tls_ctx_free(&ctx);
	return ctx;
}

struct tls_ctx *tls_ctx_ref(struct tls_ctx *ctx)
{
	atomic_fetch_add(&ctx->refs, 1);
	return ctx;
}

bool tls_ctx_is_server(const struct tls_ctx *ctx)
{
	return ctx->server;
}

void tls_ctx_free(struct tls_ctx **ctx)
{
	struct tls_ctx *old = TAKE(*ctx);

	if (!old || atomic_fetch_sub(&old->refs, 1) != 1)
		return;
	SSL_CTX_free(old->ssl);
	VEC_EACH (it, &old->names) {
		mem_free(it->name);
		tls_ctx_free(&it->ctx);
	}
	vec_release(&old->names);
	mem_free(old);
}

/* pick_alpn() reads ctx, so a bare SSL carries a reference. */
static void drop_ref(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index,
		     long arg, void *argp)
{
	struct tls_ctx *ctx = ptr;

	(void)parent;
	(void)ad;
	(void)index;
	(void)arg;
	(void)argp;
	tls_ctx_free(&ctx);
}

static int bare_index(void)
{
	static _Atomic int made = -1;
	int index = atomic_load(&made), mine;

	if (index >= 0)
		return index;
	mine = SSL_get_ex_new_index(0, NULL, NULL, NULL, drop_ref);
	must(mine >= 0);
	/* A second one, made at the same moment, stays unused. */
	index = -1;
	return atomic_compare_exchange_strong(&made, &index, mine) ? mine
								   : index;
}

struct ssl_st *tls_bare_server(struct tls_ctx *ctx)
{
	SSL *ssl = SSL_new(ctx->ssl);

	must(ssl && ctx->server);
	must(SSL_set_ex_data(ssl, bare_index(), tls_ctx_ref(ctx)) == 1);
	SSL_set_accept_state(ssl);
	return ssl;
}
