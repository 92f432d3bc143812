/* grade.h - how well the way to a recipient's mail server is protected. */
#ifndef SEKISHO_MAIL_GRADE_H
#define SEKISHO_MAIL_GRADE_H

/* GRADE of policy/README.md: each one includes those before it. */
enum tls_grade {
	GRADE_UNKNOWN, /* nobody asked yet */
	GRADE_NONE,
	GRADE_OPPORTUNISTIC,
	GRADE_VALID_CERTIFICATE,
	GRADE_MTA_STS,
	GRADE_DANE
};

#endif
