/* act_int.h - actions and rules once loaded, and one decision under way. */
#ifndef SEKISHO_POLICY_ACT_INT_H
#define SEKISHO_POLICY_ACT_INT_H

#include "policy/cond_int.h"

/* ---- actions and rules (act.c) ---- */

struct do_hold {
	bool set;
	int64_t for_us;
	enum gate_then then;
	unsigned stage;
	bool user; /* users may choose inside user_lo..user_hi */
	int64_t user_lo_us, user_hi_us;
	unsigned user_then; /* bits of gate_then */
};
enum { HIDE_EXTERNAL = 1, HIDE_INTERNAL = 2 };
struct do_bcc {
	unsigned hide; /* HIDE_*; 0: not set */
	bool tell_sender;
	struct range user; /* hi 0: none */
};
struct do_refuse {
	bool set, only_these, tell_nobody;
	struct str forward;
	struct plan_reason text;
};
struct do_header {
	bool set;
	struct header_add *add;
	size_t add_n;
	struct str *remove;
	size_t remove_n;
};
enum copy_when { COPY_ACCEPTED, COPY_RELEASED, COPY_REFUSED };
struct do_copy {
	bool set;
	struct who who;
	bool tell_sender;
	enum copy_when when;
};
struct do_notify {
	bool set;
	struct who *who;
	size_t who_n;
	struct plan_reason text;
};

struct actions {
	struct do_hold hold;
	int64_t delay_us;
	struct do_bcc bcc;
	struct do_refuse refuse;
	struct do_header header;
	struct do_copy copy;
	struct do_notify notify;
};

enum rule_mode { RULE_ENFORCE, RULE_SHADOW, RULE_OFF };
struct rule {
	struct str name;
	struct plan_reason title;
	const struct conf_node *at;
	struct cond *when, *unless; /* NULL: always, never */
	struct actions act;
	enum rule_mode mode;
	bool stop;
	int64_t from_us, until_us; /* 0: open */
	struct plan_reason reason; /* what it does, in words */
};

/* ---- doubt and classes ---- */

/* Strictest last. */
enum doubt_line {
	LINE_PASS,
	LINE_RULES,
	LINE_CONFIRM,
	LINE_APPROVE,
	LINE_HOLD
};
enum {
	GATES_HOLD = 1,
	GATES_APPROVE = 2,
	GATES_DELAY = 4,
	GATES_SCHEDULE = 8,
	GATES_REFUSE = 16,
	GATES_ALL = 31
};
enum class_edits { EDITS_NONE, EDITS_ADD, EDITS_HEADER, EDITS_ALL };
enum class_notices { NOTICES_NONE, NOTICES_EACH };
struct class_row {
	const char *name;
	unsigned gates;
	enum class_edits edits;
	enum class_notices notices;
};
#define CLASS_ROWS_N (CLASS_NAMES_N + 1) /* [0] plain, then bit + 1 */
extern const struct class_row CLASS_ROWS[CLASS_ROWS_N];

/* act.c */
void actions_parse(struct loader *l, const struct conf_node *n,
		   struct actions *to);
void defaults_parse(struct loader *l, const struct conf_node *n);
void act_words(struct buf *out);
void rule_words(struct buf *out);
void doubt_words(struct buf *out);
void rule_describe(struct loader *l, struct rule *r);
/* rule.c */
void rules_parse(struct loader *l, const struct conf_node *n);
/* doubt.c */
void doubt_parse(struct loader *l, const struct conf_node *n);
void classes_parse(struct loader *l, const struct conf_node *n);

/* A rule that fell on a recipient. */
struct fall {
	const struct rule *rule;
	bool refuse_only; /* an earlier rule said stop */
};
struct falls {
	struct fall *v;
	size_t n;
};
/* What the message's classes allow, together. */
struct allowed {
	unsigned gates;
	enum class_edits edits;
	enum class_notices notices;
};
bool rule_in_time(const struct rule *r, int64_t at_us);
struct wish;
struct deciding {
	struct asking q;
	struct plan *plan;
	struct falls *fell;	    /* by recipient */
	bool *hit;		    /* by rule */
	struct plan_shadow *shadow; /* by rule */
	struct allowed allowed;
	const struct rule *refused_by; /* the whole message */
	struct wish *wish;	       /* by shape; shape.c's own */
};

/* Without smallest change: what is asked again with another message. */
void decide(const struct policy *p, const struct facts *f, struct arena *a,
	    struct plan *plan_r);
void decide_rules(struct deciding *d);
void decide_gates(struct deciding *d, size_t rcpt);
void decide_shape(struct deciding *d, size_t rcpt);
void decide_doubt(struct deciding *d);
void decide_mode_hold(struct deciding *d);
void decide_copies(struct deciding *d);
void decide_notices(struct deciding *d);
void decide_smallest(const struct policy *p, const struct facts *f,
		     struct arena *a, struct plan *plan);
struct gate *gate_add(struct deciding *d, struct plan_rcpt *r,
		      enum gate_kind kind);
void reason_add(struct deciding *d, struct plan_rcpt *r,
		struct plan_reason reason);

#endif
