/* test_tls.c - contexts and sessions over socket pairs. */
#include <check.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "connector/sys/tls/tls.h"
#include "tests/unit/connector/sys/pki.h"

static struct pki pki;

struct pair {
	int fd[2];
	struct tls_session *server, *client;
	enum tls_io s, c;
	struct err se, ce;
};

static struct tls_ctx *server_ctx(const char *name, bool ask, const char *ca)
{
	struct err e = ERR_EMPTY;
	char cert[32], key[32];
	struct tls_ctx *ctx;

	snprintf(cert, sizeof(cert), "%s.pem", name);
	snprintf(key, sizeof(key), "%s.key", name);
	ctx = tls_server_new(
		&(struct tls_server_conf){
			.certificate_file = pki_file(&pki, cert),
			.key_file = pki_file(&pki, key),
			.request_client_certificate = ask,
			.client_ca_file = ca ? pki_file(&pki, ca) : NULL},
		&e);
	ck_assert_msg(ctx != NULL, "%s", e.text);
	return ctx;
}

static struct tls_ctx *client_ctx(const char *ca, const char *name,
				  enum tls_verify verify)
{
	struct err e = ERR_EMPTY;
	char cert[32], key[32];
	struct tls_ctx *ctx;

	snprintf(cert, sizeof(cert), "%s.pem", name ? name : "");
	snprintf(key, sizeof(key), "%s.key", name ? name : "");
	ctx = tls_client_new(
		&(struct tls_client_conf){
			.ca_file = ca ? pki_file(&pki, ca) : NULL,
			.certificate_file = name ? pki_file(&pki, cert) : NULL,
			.key_file = name ? pki_file(&pki, key) : NULL,
			.verify = verify},
		&e);
	ck_assert_msg(ctx != NULL, "%s", e.text);
	return ctx;
}

static bool waits(enum tls_io io)
{
	return io == TLS_WANT_READ || io == TLS_WANT_WRITE;
}

/* Both contexts are taken. */
static void shake(struct pair *p, struct tls_ctx *sc, struct tls_ctx *cc,
		  const char *name)
{
	*p = (struct pair){.s = TLS_WANT_READ, .c = TLS_WANT_READ};
	ck_assert_int_eq(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p->fd), 0);
	p->server = tls_session_new(sc, p->fd[0], NULL, &p->se);
	p->client = tls_session_new(cc, p->fd[1], name, &p->ce);
	ck_assert_ptr_nonnull(p->server);
	ck_assert_msg(p->client != NULL, "%s", p->ce.text);
	for (int i = 0; i < 50 && (waits(p->s) || waits(p->c)); i++) {
		if (waits(p->c))
			p->c = tls_handshake(p->client, &p->ce);
		if (waits(p->s))
			p->s = tls_handshake(p->server, &p->se);
	}
	tls_ctx_free(&sc); /* the sessions hold their own */
	tls_ctx_free(&cc);
}

static void end(struct pair *p)
{
	tls_session_free(&p->server);
	tls_session_free(&p->client);
	close(p->fd[0]);
	close(p->fd[1]);
}

static enum tls_io names(const char *server, const char *ca, const char *name)
{
	struct pair p;
	enum tls_io io;

	shake(&p, server_ctx(server, false, NULL),
	      client_ctx(ca, NULL, TLS_VERIFY_NAME), name);
	io = p.c;
	if (io == TLS_FAILED)
		ck_assert_msg(p.ce.class == ERR_DENIED, "%s", p.ce.text);
	else
		ck_assert(tls_peer_verified(p.client));
	end(&p);
	return io;
}

START_TEST(names_are_verified)
{
	ck_assert_int_eq(names("server", "ca.pem", "mx.example.test"), TLS_OK);
	ck_assert_int_eq(names("server", "ca.pem", "MX.example.test."), TLS_OK);
	ck_assert_int_eq(names("server", "ca.pem", "127.0.0.1"), TLS_OK);
	ck_assert_int_eq(names("server", "ca.pem", "127.0.0.2"), TLS_FAILED);
	ck_assert_int_eq(names("server", "ca.pem", "mx"), TLS_FAILED);
	ck_assert_int_eq(names("server", "ca.pem", "other.test"), TLS_FAILED);
	ck_assert_int_eq(names("server", "other-ca.pem", "mx.example.test"),
			 TLS_FAILED);
	ck_assert_int_eq(names("server", NULL, "mx.example.test"), TLS_FAILED);
	ck_assert_int_eq(names("wild", "ca.pem", "a.wild.test"), TLS_OK);
	ck_assert_int_eq(names("wild", "ca.pem", "a.b.wild.test"), TLS_FAILED);
	ck_assert_int_eq(names("wild", "ca.pem", "wild.test"), TLS_FAILED);
	ck_assert_int_eq(names("partial", "ca.pem", "mx.example.test"),
			 TLS_FAILED);
	ck_assert_int_eq(names("cn", "ca.pem", "plain.example.test"), TLS_OK);
}
END_TEST

START_TEST(no_name_no_verification)
{
	struct err e = ERR_EMPTY;
	struct tls_ctx *ctx = client_ctx("ca.pem", NULL, TLS_VERIFY_NAME);
	char name[300];

	memset(name, 'a', sizeof(name));
	name[299] = '\0';
	ck_assert_ptr_null(tls_session_new(ctx, 0, NULL, &e));
	ck_assert_ptr_null(tls_session_new(ctx, 0, "", &e));
	ck_assert_ptr_null(tls_session_new(ctx, 0, ".", &e));
	ck_assert_ptr_null(tls_session_new(ctx, 0, name, &e));
	tls_ctx_free(&ctx);
	ck_assert_ptr_null(ctx);
}
END_TEST

START_TEST(sessions_are_modern)
{
	struct buf name = BUF_MAX(300);
	struct pair p;

	shake(&p, server_ctx("server", false, NULL),
	      client_ctx(NULL, NULL, TLS_VERIFY_NONE), "mx.example.test");
	ck_assert_int_eq(p.c, TLS_OK);
	ck_assert_int_eq(p.s, TLS_OK);
	ck_assert_str_eq(tls_version(p.server), "TLSv1.3");
	ck_assert_ptr_nonnull(strstr(tls_cipher(p.server), "AES"));
	ck_assert(!tls_peer_verified(p.client)); /* nobody looked */
	ck_assert(!tls_peer_verified(p.server));
	ck_assert(!tls_peer_name(p.server, &name));
	ck_assert(tls_peer_name(p.client, &name));
	ck_assert(str_is(buf_str(&name), "mx.example.test"));
	ck_assert(tls_peer_has_name(p.client, "mx.example.test"));
	ck_assert(!tls_peer_has_name(p.client, "x.example.test"));
	ck_assert(!tls_peer_has_name(p.client, ""));
	buf_release(&name);
	end(&p);
}
END_TEST

/* What a server learns of a client that shows `name`. */
static bool client_proof(const char *name, char *peer)
{
	struct buf got = BUF_MAX(300);
	struct pair p;
	bool ok;

	shake(&p, server_ctx("server", true, "ca.pem"),
	      client_ctx(NULL, name, TLS_VERIFY_NONE), NULL);
	ck_assert_int_eq(p.c, TLS_OK); /* it always comes to a session */
	ck_assert_int_eq(p.s, TLS_OK);
	ok = tls_peer_verified(p.server);
	ck_assert(tls_peer_name(p.server, &got) == (name != NULL));
	snprintf(peer, 64, "%s", buf_cstr(&got));
	buf_release(&got);
	end(&p);
	return ok;
}

START_TEST(client_certificates_are_asked_for)
{
	char peer[64];

	ck_assert(client_proof("client", peer));
	ck_assert_str_eq(peer, "client.example.test");
	ck_assert(client_proof("cn", peer));
	ck_assert_str_eq(peer, "plain.example.test");
	ck_assert(!client_proof("stranger", peer));
	ck_assert_str_eq(peer, "client.example.test");
	ck_assert(!client_proof(NULL, peer));
}
END_TEST

/* All names of a client that shows `name`, joined. */
static void client_names(const char *name, size_t most, char *all)
{
	struct arena a = ARENA_EMPTY;
	struct str v[8];
	struct pair p;
	size_t n, at = 0;

	shake(&p, server_ctx("server", true, "ca.pem"),
	      client_ctx(NULL, name, TLS_VERIFY_NONE), NULL);
	n = tls_peer_names(p.server, &a, v, most);
	all[0] = 0;
	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(all + at, 256 - at, " " STR_FMT,
				       STR_ARG(v[i]));
	arena_release(&a);
	end(&p);
}

START_TEST(all_names_of_a_peer)
{
	char all[256];

	client_names("server", 8, all);
	ck_assert_str_eq(all, " mx.example.test");
	client_names("cn", 8, all); /* no DNS name: the common name */
	ck_assert_str_eq(all, " plain.example.test");
	client_names("wild", 8, all);
	ck_assert_str_eq(all, " *.wild.test");
	client_names("client", 0, all);
	ck_assert_str_eq(all, "");
	client_names(NULL, 8, all);
	ck_assert_str_eq(all, "");
}
END_TEST

START_TEST(bytes_pass_and_ends_differ)
{
	char in[100], out[] = "hello";
	struct err e = ERR_EMPTY;
	struct pair p;
	size_t n;

	for (int orderly = 0; orderly < 2; orderly++) {
		shake(&p, server_ctx("server", false, NULL),
		      client_ctx(NULL, NULL, TLS_VERIFY_NONE), NULL);
		ck_assert_int_eq(tls_read(p.server, in, 100, &n, &e),
				 TLS_WANT_READ);
		ck_assert_int_eq(tls_write(p.client, out, 5, &n, &e), TLS_OK);
		ck_assert_uint_eq(n, 5);
		ck_assert_int_eq(tls_read(p.server, in, 2, &n, &e), TLS_OK);
		ck_assert_uint_eq(n, 2);
		ck_assert(tls_pending(p.server));
		ck_assert_int_eq(tls_read(p.server, in + 2, 98, &n, &e),
				 TLS_OK);
		ck_assert_mem_eq(in, out, 5);
		ck_assert(!tls_pending(p.server));
		if (orderly)
			tls_shutdown(p.client);
		shutdown(p.fd[1], SHUT_WR);
		ck_assert_int_eq(tls_read(p.server, in, 100, &n, &e),
				 orderly ? TLS_CLOSED : TLS_TRUNCATED);
		end(&p);
	}
}
END_TEST

START_TEST(garbage_fails)
{
	struct tls_ctx *ctx = server_ctx("server", false, NULL);
	struct tls_session *s;
	struct err e = ERR_EMPTY;
	size_t n;
	char c;
	int fd[2];

	ck_assert_int_eq(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	s = tls_session_new(ctx, fd[0], NULL, &e);
	ck_assert_int_eq(write(fd[1], "MAIL FROM:<a@b>\r\n", 17), 17);
	ck_assert_int_eq(tls_handshake(s, &e), TLS_FAILED);
	ck_assert_int_eq(e.class, ERR_RETRY);
	ck_assert_int_ne(e.text[0], 0);
	/* and every later call says so, without touching the session */
	ck_assert_int_eq(tls_handshake(s, &e), TLS_FAILED);
	ck_assert_int_eq(tls_read(s, &c, 1, &n, &e), TLS_FAILED);
	ck_assert_int_eq(tls_write(s, &c, 1, &n, &e), TLS_FAILED);
	tls_shutdown(s);
	tls_session_free(&s);
	tls_ctx_free(&ctx);
	close(fd[0]);
	close(fd[1]);
}
END_TEST

static void refuses(const char *cert, const char *key)
{
	struct err e = ERR_EMPTY;

	ck_assert_ptr_null(tls_server_new(
		&(struct tls_server_conf){
			.certificate_file = pki_file(&pki, cert),
			.key_file = pki_file(&pki, key)},
		&e));
	ck_assert_int_eq(e.class, ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(e.text, pki.dir));
}

static struct str pem(const char *name, char *room, size_t size)
{
	FILE *f = fopen(pki_file(&pki, name), "re");
	size_t n;

	ck_assert_ptr_nonnull(f);
	n = fread(room, 1, size, f);
	fclose(f);
	return str_n(room, n);
}

START_TEST(key_from_memory)
{
	char room[4096];
	struct err e = ERR_EMPTY;
	struct tls_server_conf conf = {
		.certificate_file = pki_file(&pki, "server.pem")};
	struct tls_ctx *ctx;

	conf.key = pem("server.key", room, sizeof(room));
	ctx = tls_server_new(&conf, &e);
	ck_assert_msg(ctx != NULL, "%s", e.text);
	tls_ctx_free(&ctx);
	conf.key = pem("client.key", room, sizeof(room));
	ck_assert_ptr_null(tls_server_new(&conf, &e));
	ck_assert_int_eq(e.class, ERR_CONFIG);
	conf.key = STR("no key");
	ck_assert_ptr_null(tls_server_new(&conf, &e));
	ck_assert_int_eq(e.class, ERR_CONFIG);
}
END_TEST

START_TEST(bad_files_are_named)
{
	struct err e = ERR_EMPTY;

	refuses("none.pem", "server.key");
	refuses("server.pem", "none.key");
	refuses("server.pem", "client.key");
	refuses("server.key", "server.key");
	refuses("server.pem", "server.pem");
	ck_assert_ptr_null(tls_client_new(
		&(struct tls_client_conf){.ca_file = pki_file(&pki, "none.pem"),
					  .verify = TLS_VERIFY_NAME},
		&e));
	ck_assert_int_eq(e.class, ERR_CONFIG);
}
END_TEST

START_TEST(alpn_is_agreed)
{
	struct err e = ERR_EMPTY;
	struct tls_ctx *ctx = tls_server_new(
		&(struct tls_server_conf){
			.certificate_file = pki_file(&pki, "server.pem"),
			.key_file = pki_file(&pki, "server.key"),
			.alpn = "http/1.1"},
		&e);
	struct ssl_st *bare;

	ck_assert_ptr_nonnull(ctx);
	bare = tls_bare_server(ctx);
	ck_assert(SSL_is_server(bare));
	tls_ctx_free(&ctx);
	SSL_free(bare); /* held the last reference */
}
END_TEST

/* The certificate that a client sees which asks for `ask`, and the label. */
static void asks(struct tls_ctx *sc, const char *ask, const char *shown,
		 const char *label)
{
	struct buf name = BUF_MAX(300);
	struct pair p;

	shake(&p, tls_ctx_ref(sc), client_ctx(NULL, "client", TLS_VERIFY_NONE),
	      ask);
	ck_assert_int_eq(p.c, TLS_OK);
	ck_assert_int_eq(p.s, TLS_OK);
	ck_assert(tls_peer_name(p.client, &name));
	ck_assert_str_eq(buf_cstr(&name), shown);
	if (label)
		ck_assert_str_eq(tls_server_name(p.server), label);
	else
		ck_assert_ptr_null(tls_server_name(p.server));
	/* the client's certificate is judged the same for every name */
	ck_assert(tls_peer_verified(p.server));
	buf_release(&name);
	end(&p);
}

START_TEST(certificates_are_chosen_by_name)
{
	struct tls_ctx *sc = server_ctx("server", true, "ca.pem");
	struct tls_ctx *cn = server_ctx("cn", true, "ca.pem");
	struct tls_ctx *wild = server_ctx("wild", true, "ca.pem");

	tls_server_add_name(sc, "smtp.Tenant.test", cn);
	tls_server_add_name(sc, "a.wild.test", wild);
	tls_server_add_name(sc, "label.test", NULL);
	tls_ctx_free(&cn); /* held by the general one */
	tls_ctx_free(&wild);
	asks(sc, "smtp.tenant.test", "plain.example.test", "smtp.Tenant.test");
	asks(sc, "SMTP.TENANT.TEST", "plain.example.test", "smtp.Tenant.test");
	asks(sc, "a.wild.test", "*.wild.test", "a.wild.test");
	asks(sc, "mx.example.test", "mx.example.test", NULL);
	asks(sc, "x.smtp.tenant.test", "mx.example.test", NULL);
	asks(sc, "label.test", "mx.example.test", "label.test");
	asks(sc, "tenant.test", "mx.example.test", NULL);
	asks(sc, NULL, "mx.example.test", NULL);
	asks(sc, "127.0.0.1", "mx.example.test", NULL);
	tls_ctx_free(&sc);
}
END_TEST

static void old_client(int max_version, const char *ciphers, bool ok)
{
	SSL_CTX *c = SSL_CTX_new(TLS_client_method());
	struct tls_ctx *ctx = server_ctx("server", false, NULL);
	enum tls_io io = TLS_WANT_READ;
	struct err e = ERR_EMPTY;
	struct tls_session *s;
	int fd[2];
	SSL *ssl;

	ck_assert_int_eq(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	SSL_CTX_set_min_proto_version(c, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(c, max_version);
	SSL_CTX_set_security_level(c, 0);
	if (ciphers)
		ck_assert_int_eq(SSL_CTX_set_cipher_list(c, ciphers), 1);
	ssl = SSL_new(c);
	SSL_set_fd(ssl, fd[1]);
	SSL_set_connect_state(ssl);
	s = tls_session_new(ctx, fd[0], NULL, &e);
	for (int i = 0; i < 20 && waits(io); i++) {
		SSL_do_handshake(ssl);
		io = tls_handshake(s, &e);
	}
	ck_assert_int_eq(io, ok ? TLS_OK : TLS_FAILED);
	if (ok) {
		SSL_do_handshake(ssl);
		/* TLS 1.2: no renegotiation, no ticket to resume by */
		ck_assert_int_eq(SSL_SESSION_has_ticket(SSL_get0_session(ssl)),
				 0);
	}
	SSL_free(ssl);
	SSL_CTX_free(c);
	tls_session_free(&s);
	tls_ctx_free(&ctx);
	close(fd[0]);
	close(fd[1]);
}

START_TEST(old_versions_are_refused)
{
	old_client(TLS1_1_VERSION, NULL, false);
	old_client(TLS1_2_VERSION, NULL, true);
}
END_TEST

START_TEST(old_ciphers_are_refused)
{
	old_client(TLS1_2_VERSION, "ECDHE+AESGCM", true);
	old_client(TLS1_2_VERSION, "ECDHE+CHACHA20", true);
	old_client(TLS1_2_VERSION, "ECDHE+AES:!AESGCM:!AESCCM", false);
	old_client(TLS1_2_VERSION, "kRSA", false);
}
END_TEST

static void make(void)
{
	pki_make(&pki);
}

static void drop(void)
{
	pki_remove(&pki);
}

Suite *test_tls_suite(void);
Suite *test_tls_suite(void)
{
	Suite *s = suite_create("sys/tls");
	TCase *t = tcase_create("tls");

	tcase_add_unchecked_fixture(t, make, drop);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, names_are_verified);
	tcase_add_test(t, no_name_no_verification);
	tcase_add_test(t, sessions_are_modern);
	tcase_add_test(t, client_certificates_are_asked_for);
	tcase_add_test(t, all_names_of_a_peer);
	tcase_add_test(t, bytes_pass_and_ends_differ);
	tcase_add_test(t, garbage_fails);
	tcase_add_test(t, key_from_memory);
	tcase_add_test(t, bad_files_are_named);
	tcase_add_test(t, alpn_is_agreed);
	tcase_add_test(t, certificates_are_chosen_by_name);
	tcase_add_test(t, old_versions_are_refused);
	tcase_add_test(t, old_ciphers_are_refused);
	suite_add_tcase(s, t);
	return s;
}
