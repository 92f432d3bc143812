/* pki.h - certificates for tests, made with the openssl command. */
#ifndef TESTS_SYS_PKI_H
#define TESTS_SYS_PKI_H

struct pki {
	char dir[64];
};

/* In a new folder: ca.pem, other-ca.pem and pairs NAME.pem / NAME.key:
 * server (DNS mx.example.test, IP 127.0.0.1), expired (of that address),
 * client (client.example.test), stranger (the same, signed by the other CA),
 * wild (*.wild.test), partial (m*.example.test), cn (only a common name,
 * plain.example.test). */
void pki_make(struct pki *p);
void pki_remove(struct pki *p);
/* Path of a file in it; valid until the fourth call after. */
const char *pki_file(const struct pki *p, const char *name);

#endif
