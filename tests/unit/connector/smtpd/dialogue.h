/* dialogue.h - one conversation as a text file, tests/dialogue/NAME.dlg:
 *
 *	title  what it shows              first line
 *	peer   192.0.2.7                  made-up address (not with a daemon)
 *	door   submission                 or submissions: people come in there
 *	sni    smtp.secure.test           name asked for in the handshake
 *	limit  recipients 3               message, recipients, per-sender
 *	whole                             segments are part of the case
 *	C: EHLO x                         a line of the client
 *	raw "a\nb\r\n\x00"                bytes of the client, one segment
 *	S: 250-*                          next reply, lines joined by \n; '*'
 *	S: nothing | S: end               silence; the server hung up
 *	tls | fin | notify                handshake, half-close, close_notify
 *	messages == 1 | recipients == 1 | sender == a@b | body == "..."
 */
#ifndef TESTS_SMTPD_DIALOGUE_H
#define TESTS_SMTPD_DIALOGUE_H

#include "tests/unit/connector/smtpd/harness.h"

#define DIALOGUE_STEPS_MAX 200

struct dialogue_step {
	unsigned line;
	struct str verb, rest; /* rest decoded where it was quoted */
};

struct dialogue {
	struct arena arena;
	const char *file;
	struct str title;
	bool whole, local; /* local: needs a made-up peer or our TLS */
	size_t longest;	   /* bytes of the longest send */
	size_t messages;   /* that the file says are taken */
	struct dialogue_step step[DIALOGUE_STEPS_MAX];
	size_t n;
};

bool dialogue_read(struct dialogue *d, const char *path);
void dialogue_release(struct dialogue *d);
/* Each send is cut at `split` (0: not; SIZE_MAX: at every byte). False: what
 * is wrong was printed. remote: "host:port", or NULL for the code in-process. */
bool dialogue_run(const struct dialogue *d, size_t split, const char *remote);

#endif
