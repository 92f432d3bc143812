/* session.c - one TLS session on a non-blocking descriptor; see tls.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include "connector/base/die.h"
#include "connector/base/mem.h"
#include "connector/sys/tls/tls.h"
#include "connector/sys/tls/tls_int.h"

#define NAME_MAX_BYTES 255

static bool is_address(const char *name)
{
	unsigned char addr[16];

	return inet_pton(AF_INET, name, addr) == 1 ||
	       inet_pton(AF_INET6, name, addr) == 1;
}

/* The name to ask for and, where the context says so, to verify. */
static bool set_name(struct tls_session *s, const char *name, struct err *e)
{
	char host[NAME_MAX_BYTES + 1];
	size_t n = name ? strlen(name) : 0;
	bool verify = s->ctx->verify == TLS_VERIFY_NAME;

	if (n > 0 && name[n - 1] == '.')
		n--; /* a root dot is no part of a name in a certificate */
	if (n > NAME_MAX_BYTES || (n == 0 && verify))
		return err_set(e, ERR_PERMANENT, 0,
			       "TLS: no name to verify, or too long a one");
	if (n == 0)
		return true;
	memcpy(host, name, n);
	host[n] = '\0';
	if (is_address(host)) { /* RFC 6066 3: no literal addresses in SNI */
		must(!verify || X509_VERIFY_PARAM_set1_ip_asc(
					SSL_get0_param(s->ssl), host) == 1);
		return true;
	}
	if (SSL_set_tlsext_host_name(s->ssl, host) != 1)
		return err_set(e, ERR_PERMANENT, 0, "TLS: bad name");
	SSL_set_hostflags(s->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (verify && SSL_set1_host(s->ssl, host) != 1)
		return err_set(e, ERR_PERMANENT, 0, "TLS: bad name");
	return true;
}

struct tls_session *tls_session_new(struct tls_ctx *ctx, int fd,
				    const char *name, struct err *e)
{
	struct tls_session *s = NEW(struct tls_session);

	ERR_clear_error();
	s->ctx = tls_ctx_ref(ctx);
	s->ssl = SSL_new(ctx->ssl);
	must(s->ssl && SSL_set_fd(s->ssl, fd) == 1);
	SSL_set_app_data(s->ssl, s);
	if (ctx->server)
		SSL_set_accept_state(s->ssl);
	else
		SSL_set_connect_state(s->ssl);
	if (!ctx->server && !set_name(s, name, e))
		tls_session_free(&s);
	return s;
}

void tls_session_free(struct tls_session **s)
{
	if (!*s)
		return;
	SSL_free((*s)->ssl);
	tls_ctx_free(&(*s)->ctx);
	mem_free(*s);
	*s = NULL;
}

static enum tls_io failed(struct tls_session *s, const char *what,
			  struct err *e)
{
	long verdict = SSL_get_verify_result(s->ssl);

	s->broken = true;
	if (!s->done && s->ctx->verify == TLS_VERIFY_NAME &&
	    verdict != X509_V_OK)
		err_set(e, ERR_DENIED, (int)verdict,
			"%s: the certificate does not verify: %s", what,
			X509_verify_cert_error_string(verdict));
	else
		tls_error(e, ERR_RETRY, what);
	ERR_clear_error();
	return TLS_FAILED;
}

/* What a return value of SSL_* means; errno is that of the call. */
static enum tls_io outcome(struct tls_session *s, int ret, int saved_errno,
			   const char *what, struct err *e)
{
	switch (SSL_get_error(s->ssl, ret)) {
	case SSL_ERROR_NONE:
		return TLS_OK;
	case SSL_ERROR_WANT_READ:
		return TLS_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_CLOSED;
	case SSL_ERROR_SYSCALL:
		s->broken = true;
		ERR_clear_error();
		if (saved_errno == 0)
			break;
		errno = saved_errno;
		err_errno(e, "%s", what);
		if (e)
			e->class = ERR_RETRY;
		return TLS_FAILED;
	default:
		if (ERR_GET_REASON(ERR_peek_error()) !=
		    SSL_R_UNEXPECTED_EOF_WHILE_READING)
			return failed(s, what, e);
		s->broken = true;
		ERR_clear_error();
		break;
	}
	err_set(e, ERR_RETRY, 0, "%s: the peer ended without close_notify",
		what);
	return TLS_TRUNCATED;
}

static enum tls_io refuse(struct err *e)
{
	err_set(e, ERR_RETRY, 0, "TLS: the session has failed before");
	return TLS_FAILED;
}

enum tls_io tls_handshake(struct tls_session *s, struct err *e)
{
	enum tls_io io;
	int ret;

	if (s->broken)
		return refuse(e);
	ERR_clear_error();
	errno = 0;
	ret = SSL_do_handshake(s->ssl);
	io = outcome(s, ret, errno, "TLS handshake", e);
	if (io == TLS_OK)
		s->done = true;
	return io;
}

enum tls_io tls_read(struct tls_session *s, void *p, size_t n, size_t *n_r,
		     struct err *e)
{
	int ret;

	*n_r = 0;
	if (s->broken)
		return refuse(e);
	ERR_clear_error();
	errno = 0;
	ret = SSL_read(s->ssl, p, (int)MIN_OF(n, (size_t)INT32_MAX));
	if (ret <= 0)
		return outcome(s, ret, errno, "TLS read", e);
	*n_r = (size_t)ret;
	return TLS_OK;
}

enum tls_io tls_write(struct tls_session *s, const void *p, size_t n,
		      size_t *n_r, struct err *e)
{
	int ret;

	*n_r = 0;
	if (n == 0)
		return TLS_OK;
	if (s->broken)
		return refuse(e);
	ERR_clear_error();
	errno = 0;
	ret = SSL_write(s->ssl, p, (int)MIN_OF(n, (size_t)INT32_MAX));
	if (ret <= 0)
		return outcome(s, ret, errno, "TLS write", e);
	*n_r = (size_t)ret;
	return TLS_OK;
}

bool tls_pending(struct tls_session *s)
{
	return !s->broken && SSL_pending(s->ssl) > 0;
}

void tls_shutdown(struct tls_session *s)
{
	if (s->broken || !s->done)
		return;
	ERR_clear_error();
	SSL_shutdown(s->ssl); /* once: our half; nothing waits for theirs */
	ERR_clear_error();
}

const char *tls_version(struct tls_session *s)
{
	return SSL_get_version(s->ssl);
}

const char *tls_cipher(struct tls_session *s)
{
	return SSL_get_cipher_name(s->ssl);
}

bool tls_peer_verified(struct tls_session *s)
{
	return s->done && !s->verify_failed &&
	       SSL_get_verify_mode(s->ssl) != SSL_VERIFY_NONE &&
	       SSL_get0_peer_certificate(s->ssl) != NULL &&
	       SSL_get_verify_result(s->ssl) == X509_V_OK;
}

const char *tls_server_name(const struct tls_session *s)
{
	return s->done ? s->asked : NULL;
}

/* Names come from outside: visible ASCII only, and no NUL that hides a rest. */
static bool put_name(struct buf *out, const ASN1_STRING *name)
{
	struct str s = str_n(ASN1_STRING_get0_data(name),
			     (size_t)ASN1_STRING_length(name));

	if (s.n == 0 || s.n > NAME_MAX_BYTES || str_has_control(s) ||
	    !str_is_ascii(s))
		return false;
	return buf_put_str(out, s);
}

static const ASN1_STRING *common_name(X509 *cert)
{
	X509_NAME *subject = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);

	return at < 0 ? NULL
		      : X509_NAME_ENTRY_get_data(
				X509_NAME_get_entry(subject, at));
}

static bool put_dns_name(struct buf *out, X509 *cert, bool *any_r)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name,
						NULL, NULL);
	bool ok = false;

	*any_r = false;
	for (int i = 0; !*any_r && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);

		if (g->type != GEN_DNS)
			continue;
		*any_r = true;
		ok = put_name(out, g->d.dNSName);
	}
	GENERAL_NAMES_free(names);
	return ok;
}

bool tls_peer_name(struct tls_session *s, struct buf *out)
{
	X509 *cert = SSL_get0_peer_certificate(s->ssl);
	const ASN1_STRING *cn;
	bool any, ok;

	if (!cert)
		return false;
	ok = put_dns_name(out, cert, &any);
	if (any)
		return ok;
	cn = common_name(cert);
	return cn && put_name(out, cn);
}

struct names {
	struct arena *a;
	struct str *v;
	size_t n, most;
};

static void add_name(struct names *to, const ASN1_STRING *name)
{
	AUTO(buf) text = BUF_MAX(NAME_MAX_BYTES);

	if (to->n < to->most && put_name(&text, name))
		to->v[to->n++] = arena_str(to->a, buf_str(&text));
}

size_t tls_peer_names(struct tls_session *s, struct arena *a,
		      struct str *name_r, size_t most)
{
	X509 *cert = SSL_get0_peer_certificate(s->ssl);
	struct names to = {a, name_r, 0, most};
	const ASN1_STRING *cn = cert ? common_name(cert) : NULL;
	GENERAL_NAMES *san;
	bool any = false;

	if (!cert)
		return 0;
	san = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	for (int i = 0; i < sk_GENERAL_NAME_num(san); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(san, i);

		if (g->type != GEN_DNS)
			continue;
		any = true;
		add_name(&to, g->d.dNSName);
	}
	GENERAL_NAMES_free(san);
	if (!any && cn)
		add_name(&to, cn);
	return to.n;
}

bool tls_peer_has_name(struct tls_session *s, const char *name)
{
	X509 *cert = SSL_get0_peer_certificate(s->ssl);

	return cert && *name &&
	       X509_check_host(cert, name, strlen(name),
			       X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1;
}
