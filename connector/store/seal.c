/* seal.c - data keys of messages, and fields sealed under them. */
#include "connector/base/mem.h"
#include "connector/store/store_int.h"

void key_ring_init(struct key_ring *r, struct keys *keys, bool keep)
{
	r->keys = keys;
	r->slot = keep ? NEW_ARRAY(struct key_slot, STORE_PLACE_SLOTS) : NULL;
}

void key_ring_release(struct key_ring *r)
{
	if (r->slot)
		mem_wipe(r->slot, STORE_PLACE_SLOTS * sizeof(*r->slot));
	mem_free(r->slot);
	r->slot = NULL;
}

static struct key_slot *slot_of(struct key_ring *r, int64_t id)
{
	/* An id ends in a counter below its milliseconds. Folded by XOR those
	 * of one moment met in one slot; a product spreads them (Knuth). */
	uint64_t at = (uint64_t)id * UINT64_C(0x9e3779b97f4a7c15) >> 32;

	return r->slot ? &r->slot[at % STORE_PLACE_SLOTS] : NULL;
}

static struct key_slot *slot_for(struct key_ring *r, int64_t id)
{
	struct key_slot *slot = slot_of(r, id);

	if (slot && slot->id != id)
		*slot = (struct key_slot){.id = id};
	return slot;
}

void key_ring_put(struct key_ring *r, int64_t id, const unsigned char *body,
		  const unsigned char *text)
{
	struct key_slot *slot = slot_for(r, id);

	if (!slot)
		return;
	if (body) {
		memcpy(slot->body, body, KEY_LEN);
		slot->has_body = true;
	}
	if (text) {
		memcpy(slot->text, text, KEY_LEN);
		slot->has_text = true;
	}
}

void key_ring_drop_body(struct key_ring *r, int64_t id)
{
	struct key_slot *slot = slot_of(r, id);

	if (!slot || slot->id != id)
		return;
	mem_wipe(slot->body, KEY_LEN);
	slot->has_body = false;
}

static bool unwrap(struct key_ring *r, struct str wrapped,
		   unsigned char key_r[KEY_LEN], struct err *e)
{
	if (!r->keys)
		return err_set(e, ERR_DENIED, 0, "no key at hand");
	if (wrapped.n != WRAPPED_LEN)
		return err_set(e, ERR_PERMANENT, 0,
			       "the data key is gone or damaged");
	return keys_dek_open(r->keys, (const unsigned char *)wrapped.p, key_r,
			     e);
}

bool key_ring_body(struct key_ring *r, int64_t id, struct str wrapped,
		   unsigned char key_r[KEY_LEN], struct err *e)
{
	struct key_slot *slot = slot_of(r, id);

	if (slot && slot->id == id && slot->has_body) {
		memcpy(key_r, slot->body, KEY_LEN);
		return true;
	}
	TRY(unwrap(r, wrapped, key_r, e));
	key_ring_put(r, id, key_r, NULL);
	return true;
}

bool key_ring_text(struct key_ring *r, int64_t id, struct str wrapped,
		   unsigned char key_r[KEY_LEN], struct err *e)
{
	struct key_slot *slot = slot_of(r, id);

	if (slot && slot->id == id && slot->has_text) {
		memcpy(key_r, slot->text, KEY_LEN);
		return true;
	}
	TRY(unwrap(r, wrapped, key_r, e));
	key_ring_put(r, id, NULL, key_r);
	return true;
}

struct str field_seal(const unsigned char key[KEY_LEN], int64_t id,
		      enum seal_kind kind, uint32_t chunk, uint64_t version,
		      struct str plain, struct arena *a)
{
	struct seal_id what = {.object = id,
			       .kind = kind,
			       .chunk = chunk,
			       .length = plain.n,
			       .version = version};
	unsigned char *room;

	if (plain.n == 0)
		return STR_EMPTY;
	room = arena_alloc(a, plain.n + SEAL_EXTRA);
	return str_n(room, seal_into(key, &what, plain.p, plain.n, room));
}

bool field_open(const unsigned char key[KEY_LEN], int64_t id,
		enum seal_kind kind, uint32_t chunk, uint64_t version,
		struct str sealed, struct arena *a, struct str *plain_r,
		struct err *e)
{
	struct seal_id what = {
		.object = id, .kind = kind, .chunk = chunk, .version = version};
	unsigned char *room;
	size_t n;

	*plain_r = STR_EMPTY;
	if (sealed.n == 0)
		return true;
	if (sealed.n < SEAL_EXTRA)
		return err_set(e, ERR_PERMANENT, 0, "sealed field too short");
	what.length = sealed.n - SEAL_EXTRA;
	room = arena_alloc(a, sealed.n + 1);
	TRY(seal_open_into(key, &what, sealed, room, &n, e));
	*plain_r = str_n(room, n);
	return true;
}
