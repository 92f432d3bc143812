/* deliver_int.h - what the files of delivery share.
 *
 * deliver.c claims; lanes.c keeps the lanes and their sum; lane.c holds one
 * route's slots, pace and pauses; porter.c keeps a connection; login.c opens
 * it as somebody; load.c carries one attempt and reports it.
 */
#ifndef SEKISHO_DELIVER_INT_H
#define SEKISHO_DELIVER_INT_H

#include "connector/base/map.h"
#include "connector/base/vec.h"
#include "connector/deliver/deliver.h"
#include "providers/providers.h"

/* Lanes of routes, beside the one of each relay. */
#define LANES_MAX	1000
#define ROUTED_LOADS	400 /* attempts at once on all of them */
#define ROUTED_UNPROVEN 150 /* of these, where nobody has answered yet */
#define ROUTED_OPEN	500 /* connections, idle ones too */

struct lane;
struct signer;
struct signing;

/* One attempt in our hands. */
struct load {
	struct load *next, **link; /* in lane.waiting */
	struct lane *lane;
	struct attempt *attempt;
	struct attempt_source *source;
	struct signing *signing; /* its DKIM; NULL: none */
	struct smtp_mail mail;	 /* of the transaction under way */
	struct smtp_rcpt *rcpt;	 /* its recipients */
	size_t *index;		 /* and their places in the attempt */
	size_t domains; /* different ones among them, 1 or 2 and more */
	int64_t began_us;
	enum hop_kind kind; /* who answers */
	bool fresh; /* a stale connection was met: only a new one will do */
	char tls[16];
	bool damaged; /* the copy could not be read, and will not be */
};

enum porter_state { PORTER_OPENING, PORTER_IDLE, PORTER_BUSY };

/* One connection. */
struct porter {
	struct porter *next, **link; /* in lane.porters */
	struct lane *lane;
	struct link *line; /* NULL while its login is looked for */
	struct token_query *token;
	struct err *failed; /* there is no login; told shortly */
	struct timer *soon;
	bool renewed; /* one token was refused already */
	enum porter_state state;
	struct load *load; /* while busy */
	unsigned served;
	int64_t idle_since_us;
	bool stale; /* of an older configuration: ends after its load */
};

/* How one tenant's mail leaves, as configured. */
struct way {
	struct way *next;
	char *tenant;
	struct hop *hop; /* NULL: the tenant is gone, or its new way is not */
	char *via;	 /* the provider's name; of its kind are the routes */
	bool routed;	 /* lanes by route, made when wanted */
	unsigned connections, per_minute, recipients;
	unsigned offered; /* room of a new lane in the last claim */
	bool one_domain;
};

/* One route of a tenant. */
struct lane {
	struct lane *next, **link;
	struct deliver *d;
	struct way *way;
	char *route;	 /* "": all of the tenant's mail */
	struct str name; /* in deliver.by_name */
	char *name_text;
	unsigned recipients; /* in a transaction, as learned */
	bool one_domain;     /* learned, too */
	bool no_bdat;	     /* and this */
	bool bdat_doubtful;  /* it was refused by 503 or 504 only */
	bool proven;	     /* somebody answered there */
	unsigned reserved;
	size_t loads; /* waiting and under way */
	/* Room in the last claim, and what came since. */
	unsigned offered, came;
	struct load *waiting, **waiting_end;
	struct porter *porters;
	size_t porter_n, opening;
	int64_t pace_next_us;	  /* monotonic, of the next mail */
	int64_t pause_until_us;	  /* monotonic; 0: none */
	int64_t no_open_until_us; /* others work, yet no more connect */
	int64_t pause_us;	  /* length of the last one */
	int64_t took_us;	  /* a mail's time in the lane, of late */
	int64_t used_us;	  /* monotonic: last time with work */
	enum hop_mood mood;	  /* FINE: all slots; else one, to try */
	struct timer *go_on;	  /* end of pause or pace */
	struct timer *sweep;	  /* idle connections */
	bool sweeping;
};

struct rooms {
	VEC_OF(struct store_room);
};
struct own_places {
	VEC_OF(struct resolved);
};

struct deliver {
	struct deliver_conf conf;
	const struct deliver_tuning *tuning;
	struct resolver *resolver;
	struct signer *signer;
	struct own_places own; /* where we take mail */
	struct way *ways;
	struct map by_name; /* lanes */
	struct lane *lanes;
	size_t lane_n;
	struct timer *claim_timer;
	struct timer *quiet_timer; /* lanes that nobody uses */
	struct rooms rooms;	   /* of the claim under way */
	unsigned claim_copies, claim_shared;
	bool claiming, wanted, more, full;
	bool soon;	   /* the claim timer is set to a moment from now */
	int64_t looked_us; /* last claim, monotonic */
	bool draining, gone;
	struct timer *drain_timer;
	void (*drain_done)(void *arg);
	void *drain_arg;
};

/* deliver.c */
/* Something may be claimed now: a slot is free, a pause is over. */
void deliver_look(struct deliver *d);
void deliver_slot_freed(struct deliver *d, struct lane *l);

/* lanes.c */
/* A new hop from the settings; the old one stays when that fails. */
bool way_configure(struct deliver *d, const struct tenant_conf *t,
		   const char *hostname, struct err *e) MUST_USE;
void ways_retire(struct deliver *d, const struct config *c); /* those gone */
/* NULL: none; lane_get: or there cannot be one more. */
struct lane *lane_find(struct deliver *d, const struct tenant_conf *t,
		       struct str route);
struct lane *lane_get(struct deliver *d, const struct tenant_conf *t,
		      struct str route);
/* Copies that may be added to a routed lane, NULL: to a new one. */
unsigned routed_room(const struct deliver *d, const struct lane *l);
/* May one more connection be opened? Idle ones of others make room. */
bool routed_may_open(struct deliver *d);
/* What each way has room for. */
void rooms_fill(struct deliver *d, struct store_rooms *rooms);
void lanes_forget_quiet(struct deliver *d);
void lanes_free(struct deliver *d);

/* lane.c */
struct lane *lane_new(struct deliver *d, struct way *w, struct str route);
void lane_configure(struct lane *l); /* its way has new settings */
void lane_free(struct lane *l);
unsigned lane_free_slots(struct lane *l);
void lane_wait(struct lane *l);
bool lane_is_full(const struct lane *l);
bool lane_is_half_free(const struct lane *l);
bool lane_is_paused(const struct lane *l, int64_t now_us);
/* A mail was in the lane for so long, from its record to its answer. */
void lane_took(struct lane *l, int64_t us);
void lane_add(struct lane *l, struct load *load, bool in_front);
/* The first of those that wait, taken out. */
struct load *lane_take(struct lane *l);
/* Give waiting loads to connections, as many as may run. */
void lane_run(struct lane *l);
/* The next hop showed its mood. */
void lane_mood(struct lane *l, enum hop_mood mood,
	       const struct smtp_answer *answer, const char *remote);
/* Nothing more leaves; what waits goes back untried. */
void lane_stop_waiting(struct lane *l);

/* porter.c */
void porter_open(struct lane *l);
void porter_send(struct porter *p, struct load *load);
/* The load in hand, if any, is settled as it stands and reported. */
void porter_free(struct porter *p);
void lane_sweep(struct lane *l, bool all); /* close idle connections */

extern const struct link_ops porter_ops;

/* login.c */
void porter_dial(struct porter *p); /* line, or porter_ops.on_end shortly */
/* A refused token: another is tried. False: this was the end. */
bool porter_dial_again(struct porter *p, const struct link_end *end) MUST_USE;
void porter_hang_up(struct porter *p);

/* load.c */
struct load *load_new(struct lane *l, struct attempt *a);
/* Recipients that are still open become the next transaction. False: none. */
bool load_next(struct load *load) MUST_USE;
/* Takes over what came of the transaction. */
void load_take(struct load *load);
/* Of a source of its attempt. */
bool load_read(struct load *load, struct attempt_source *s, struct str *piece_r,
	       struct err *e) MUST_USE;
/* The source of the transaction is closed and nothing of it counts. */
void load_drop(struct load *load);
/* Everything still open gets this class and text. */
void load_settle(struct load *load, enum attempt_class class,
		 const struct smtp_answer *why);
/* Logs, reports to flow, frees. */
void load_finish(struct load *load);

/* signing.c */
struct signer *signer_new(struct deliver *d);
void signer_free(struct signer **s); /* finishes what is being signed */
/* Puts the load into its lane, signed where that is to be; one that cannot be
 * signed is settled and finished. */
void load_sign(struct load *load);
void signing_free(struct signing **s);
/* A transaction begins: what stands before the copy, or empty. */
struct str signing_begin(struct load *load);
/* That, once in a transaction. */
bool signing_next(struct load *load, struct str *piece_r);
const char *signing_domain(const struct load *load); /* "none" */

/* own.c */
/* Addresses, with ports, on which the configuration takes mail. */
void own_places_find(const struct config *c, struct own_places *o);

#endif
