/* sql_int.h - every statement of the store, one row each.
 *
 * Recipient states are kept as numbers of their own (rows.c): tens are lanes
 * that have an index, 100 and above are ends.
 *   0 received  10 held  20-22 ready, deferred, unknown  30 sending  40 parked
 */
#ifndef SEKISHO_STORE_SQL_INT_H
#define SEKISHO_STORE_SQL_INT_H

#define SQL_RCPT_COLUMNS                                                       \
	"n, address, key, notify, orcpt, state, version, shape, gates, "       \
	"gates_v, gate, due, attempts, unknowns, code, answer, remote, "       \
	"ended, warned, reason, ready, route"

#define SQL_LIST_WHERE                                                         \
	" id < ?1 AND (?2 = '' OR tenant = ?2)"                                \
	" AND (?3 = '' OR reason = ?3 OR EXISTS (SELECT 1 FROM rcpt"           \
	"  WHERE msg = message.id AND rcpt.reason = ?3))"                      \
	" AND (?4 = '' OR sender = ?4 COLLATE NOCASE"                          \
	"  OR from_ = ?4 COLLATE NOCASE)"                                      \
	" AND (?5 < 0 OR EXISTS (SELECT 1 FROM rcpt"                           \
	"  WHERE msg = message.id AND state = ?5))"                            \
	" ORDER BY id DESC LIMIT ?6"

#define SQL_ROWS(X)                                                            \
	X(BEGIN_WRITE, "BEGIN IMMEDIATE")                                      \
	X(BEGIN_READ, "BEGIN")                                                 \
	X(END_READ, "COMMIT")                                                  \
	X(ROLLBACK, "ROLLBACK")                                                \
	X(SAVE, "SAVEPOINT job")                                               \
	X(SAVE_KEEP, "RELEASE job")                                            \
	X(SAVE_UNDO, "ROLLBACK TO job")                                        \
	X(CHECKPOINT, "PRAGMA wal_checkpoint(PASSIVE)")                        \
	X(CHECKPOINT_ALL, "PRAGMA wal_checkpoint(TRUNCATE)")                   \
	X(META_GET, "SELECT v FROM meta WHERE k = ?1")                         \
	X(META_PUT, "INSERT INTO meta (k, v) VALUES (?1, ?2)"                  \
		    " ON CONFLICT (k) DO UPDATE SET v = excluded.v")           \
	X(META_TABLE,                                                          \
	  "SELECT count(*) FROM sqlite_master WHERE type = 'table'"            \
	  " AND name = 'meta'")                                                \
	X(SCHEMA_VERSION, "PRAGMA user_version")                               \
	/* messages */                                                         \
	X(MESSAGE_ADD,                                                         \
	  "INSERT INTO message (id, kind, tenant, message_id, identity, "      \
	  "from_,"                                                             \
	  " sender, body, smtputf8, ret, envid, size, digest, prefix, place,"  \
	  " of_, spool_file, spool_version, spool_length, wrapped, text_key,"  \
	  " subject, reason, client, accepted, policy, language, about,"       \
	  " decided, open, drop_us) VALUES (?1, ?2, ?3, ?4,"                   \
	  " nullif(?5, 0), ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16," \
	  " ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29,"  \
	  " ?30, 0)")                                                          \
	X(MESSAGE_GET,                                                         \
	  "SELECT kind, tenant, message_id, from_, sender, body, smtputf8,"    \
	  " ret, envid, size, digest, prefix, place, of_, spool_file,"         \
	  " spool_version, spool_length, wrapped, text_key, subject, reason,"  \
	  " client, accepted, policy, language, about, decided, open,"         \
	  " view, plan, edits FROM message LEFT JOIN decision"                 \
	  " ON decision.msg = message.id WHERE id = ?1")                       \
	X(MESSAGE_KEY, "SELECT text_key FROM message WHERE id = ?1")           \
	X(MESSAGE_BODY, "SELECT place, of_, spool_file, spool_version,"        \
			" spool_length, wrapped, size FROM message"            \
			" WHERE id = ?1")                                      \
	X(MESSAGE_END, "SELECT open, place, of_, spool_file, drop_us"          \
		       " FROM message WHERE id = ?1")                          \
	X(MESSAGE_SET_END, "UPDATE message SET open = ?2, drop_us = ?3"        \
			   " WHERE id = ?1")                                   \
	X(MESSAGE_DROP, "UPDATE message SET open = ?2, drop_us = 0,"           \
			" place = ?3, wrapped = x'' WHERE id = ?1")            \
	X(MESSAGE_USED, "SELECT 1 FROM message WHERE of_ = ?1 AND of_ <> 0"    \
			" AND open > 0 LIMIT 1")                               \
	X(MESSAGE_DECIDE,                                                      \
	  "UPDATE message SET decided = 1, subject = ?2, sender = ?3,"         \
	  " reason = ?4, policy = ?5 WHERE id = ?1 AND decided = 0")           \
	X(MESSAGE_DECIDE_AGAIN,                                                \
	  "UPDATE message SET subject = ?2, sender = ?3, reason = ?4,"         \
	  " policy = ?5 WHERE id = ?1 AND decided = 1")                        \
	X(MESSAGE_REASON, "UPDATE message SET reason = ?2 WHERE id = ?1")      \
	X(MESSAGE_UNDECIDED, "SELECT id FROM message WHERE decided = 0"        \
			     " AND id > ?1 ORDER BY id LIMIT ?2")              \
	X(MESSAGE_DROPPABLE,                                                   \
	  "SELECT id FROM message m WHERE drop_us > 0 AND drop_us <= ?1"       \
	  " AND NOT EXISTS (SELECT 1 FROM message o WHERE o.of_ = m.id"        \
	  "  AND o.of_ <> 0 AND o.open > 0) ORDER BY drop_us LIMIT ?2")        \
	X(MESSAGE_OLD, "SELECT id, open, drop_us, accepted FROM message"       \
		       " WHERE id > ?1 ORDER BY id LIMIT ?2")                  \
	X(MESSAGE_DELETE, "DELETE FROM message WHERE id = ?1")                 \
	X(MESSAGE_SAME, "SELECT id FROM message WHERE identity = ?1"           \
			" AND tenant = ?2 AND message_id = ?3 AND kind = ?4"   \
			" ORDER BY id DESC LIMIT ?5")                          \
	X(MESSAGE_LIST, "SELECT id FROM message WHERE" SQL_LIST_WHERE)         \
	X(MESSAGE_LIST_OPEN,                                                   \
	  "SELECT id FROM message WHERE id IN"                                 \
	  " (SELECT msg FROM rcpt WHERE state < 100) AND" SQL_LIST_WHERE)      \
	X(DECISION_ADD, "INSERT INTO decision (msg, view, plan, edits)"        \
			" VALUES (?1, ?2, ?3, ?4)")                            \
	X(DECISION_DELETE, "DELETE FROM decision WHERE msg = ?1")              \
	/* bodies */                                                           \
	X(BODY_ADD, "INSERT INTO body (msg, sealed) VALUES (?1, ?2)")          \
	X(BODY_GET, "SELECT sealed FROM body WHERE msg = ?1")                  \
	X(BODY_DELETE, "DELETE FROM body WHERE msg = ?1")                      \
	X(SPOOL_ADD, "INSERT INTO spool (file, msg) VALUES (?1, ?2)")          \
	X(SPOOL_DELETE, "DELETE FROM spool WHERE file = ?1 AND msg = ?2")      \
	X(SPOOL_ALL, "SELECT file FROM spool ORDER BY file")                   \
	/* recipients */                                                       \
	X(RCPT_ADD,                                                            \
	  "INSERT INTO rcpt (msg, " SQL_RCPT_COLUMNS ", tenant)"               \
	  " VALUES (?1, ?2, ?3,"                                               \
	  " ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,"   \
	  " ?18, ?19, ?20, ?21, ?22, ?23, ?24)")                               \
	X(RCPT_OF, "SELECT " SQL_RCPT_COLUMNS " FROM rcpt WHERE msg = ?1"      \
		   " ORDER BY n")                                              \
	X(RCPT_SET,                                                            \
	  "UPDATE rcpt SET state = ?5, version = version + 1, shape = ?6,"     \
	  " gates = ?7, gates_v = ?8, gate = ?9, due = ?10, attempts = ?11,"   \
	  " unknowns = ?12, code = ?13, answer = ?14, remote = ?15,"           \
	  " ended = ?16, warned = ?17, reason = ?18, notify = ?19,"            \
	  " orcpt = ?20, ready = ?21, route = ?22, tenant = iif(tenant <> ''," \
	  "  tenant, coalesce((SELECT m.tenant FROM message m"                 \
	  "  WHERE m.id = ?1), '')) WHERE msg = ?1 AND n = ?2"                 \
	  " AND state = ?3 AND version = ?4")                                  \
	X(RCPT_WAY,                                                            \
	  "SELECT tenant, route, due, msg, n FROM rcpt INDEXED BY rcpt_ready"  \
	  " WHERE state / 10 = 2 AND state < 100"                              \
	  " AND (tenant, route) >= (?1, ?2)"                                   \
	  " AND EXISTS (SELECT 1 FROM message WHERE id = rcpt.msg)"            \
	  " ORDER BY tenant, route, due, msg, n LIMIT 1")                      \
	X(RCPT_DUE,                                                            \
	  "SELECT due, msg, n FROM rcpt INDEXED BY rcpt_ready"                 \
	  " WHERE state / 10 = 2 AND state < 100 AND tenant = ?1"              \
	  " AND route = ?2 AND due <= ?3 AND (due, msg, n) > (?4, ?5, ?6)"     \
	  " AND EXISTS (SELECT 1 FROM message WHERE id = rcpt.msg)"            \
	  " ORDER BY due, msg, n LIMIT ?7")                                    \
	/* Two ranges of the index, merged: nothing is sorted first. */        \
	X(RCPT_HELD_DUE,                                                       \
	  "SELECT msg FROM (SELECT msg, due FROM rcpt WHERE state / 10 = 1"    \
	  "  AND state < 100 AND due > 0 AND due <= ?1"                        \
	  " UNION ALL SELECT msg, due FROM rcpt WHERE state / 10 = 4"          \
	  "  AND state < 100 AND due > 0 AND due <= ?1 ORDER BY 2)")           \
	X(RCPT_CLAIM, "UPDATE rcpt SET state = 30, due = 0,"                   \
		      " version = version + 1, attempts = attempts + 1"        \
		      " WHERE msg = ?1 AND state / 10 = 2 AND due <= ?2"       \
		      " AND route = ?3")                                       \
	/* No new version: who read the row before may still change it. */     \
	X(RCPT_PUT_OFF, "UPDATE rcpt SET due = ?4 WHERE msg = ?1"              \
			" AND state / 10 = 2 AND due <= ?2 AND route = ?3")    \
	X(RCPT_LANE, "SELECT DISTINCT msg FROM rcpt WHERE state / 10 = ?1"     \
		     " AND state < 100 AND msg > ?2 ORDER BY msg LIMIT ?3")    \
	X(RCPT_FAILED,                                                         \
	  "SELECT DISTINCT msg FROM rcpt WHERE reason = 'failed'"              \
	  " AND state < 100 AND msg < ?1 ORDER BY msg DESC LIMIT ?2")          \
	X(RCPT_LOSE, "UPDATE rcpt SET state = 22, due = ?2,"                   \
		     " version = version + 1, unknowns = unknowns + 1"         \
		     " WHERE msg = ?1 AND state = 30")                         \
	/* Never decided: it has no edits, and does not leave without any. */  \
	/* While its fields do not open no claim takes it (claim.c). */        \
	X(RCPT_DAMAGED,                                                        \
	  "UPDATE rcpt SET shape = CASE state WHEN 0 THEN 65535 ELSE shape"    \
	  " END, state = 10, due = 0, version = version + 1,"                  \
	  " reason = 'damaged'"                                                \
	  " WHERE msg = ?1 AND state IN (0, 10, 20, 21, 22, 40)")              \
	X(MESSAGE_DAMAGED,                                                     \
	  "UPDATE message SET decided = 1, reason = 'damaged'"                 \
	  " WHERE id = ?1")                                                    \
	X(RCPT_DELETE, "DELETE FROM rcpt WHERE msg = ?1")                      \
	X(RCPT_COUNTS, "SELECT state, count(*), sum(unknowns > 0) FROM rcpt"   \
		       " GROUP BY state")                                      \
	X(RCPT_OPEN, "SELECT state / 10, count(*) FROM rcpt WHERE state < 100" \
		     " GROUP BY state / 10")                                   \
	/* audit */                                                            \
	X(AUDIT_ADD, "INSERT INTO audit (seq, at, msg, actor, event, detail,"  \
		     " rcpts, ends, hash) VALUES"                              \
		     " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")                  \
	X(AUDIT_OF, "SELECT seq, at, msg, actor, event, detail, hash"          \
		    " FROM audit WHERE msg = ?1 AND msg <> 0 ORDER BY seq")    \
	X(AUDIT_ALL, "SELECT seq, at, msg, actor, event, detail, rcpts, ends," \
		     " hash FROM audit ORDER BY seq")                          \
	X(AUDIT_LAST, "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1") \
	X(AUDIT_OLD, "SELECT seq, at, msg, rcpts, ends, hash,"                 \
		     " EXISTS (SELECT 1 FROM message WHERE id = audit.msg)"    \
		     " FROM audit ORDER BY seq LIMIT ?1")                      \
	X(AUDIT_CUT, "DELETE FROM audit WHERE seq <= ?1")                      \
	/* tokens, values, secrets, policies */                                \
	X(TOKEN_ADD, "INSERT INTO token (hash, kind, msg, person, digits,"     \
		     " tries, expires, used) VALUES"                           \
		     " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")                      \
	X(TOKEN_USE, "UPDATE token SET used = ?2 WHERE hash = ?1"              \
		     " AND used = 0")                                          \
	X(TOKEN_TRY, "UPDATE token SET tries = tries + 1 WHERE hash = ?1")     \
	X(TOKEN_GET, "SELECT kind, msg, person, digits, tries, expires, used"  \
		     " FROM token WHERE hash = ?1")                            \
	X(TOKEN_OLD, "DELETE FROM token WHERE hash IN (SELECT hash FROM token" \
		     " WHERE expires < ?1 LIMIT 1000)")                        \
	X(VALUE_GET, "SELECT v FROM value WHERE k = ?1")                       \
	X(VALUE_PUT, "INSERT INTO value (k, v) VALUES (?1, ?2)"                \
		     " ON CONFLICT (k) DO UPDATE SET v = excluded.v")          \
	X(SECRET_GET, "SELECT wrapped, sealed FROM secret WHERE name = ?1")    \
	X(SECRET_PUT,                                                          \
	  "INSERT INTO secret (name, wrapped, sealed) VALUES (?1, ?2, ?3)"     \
	  " ON CONFLICT (name) DO UPDATE SET wrapped = excluded.wrapped,"      \
	  " sealed = excluded.sealed")                                         \
	X(POLICY_ADD, "INSERT INTO policy (version, at, who, note, digest,"    \
		      " origin, main, asked) VALUES"                           \
		      " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")                     \
	X(POLICY_NAME_ADD, "INSERT INTO policy_name (version, n, name, k)"     \
			   " VALUES (?1, ?2, ?3, ?4)")                         \
	X(POLICY_FILE_ADD, "INSERT INTO policy_file (k, bytes)"                \
			   " VALUES (?1, ?2) ON CONFLICT (k) DO NOTHING")      \
	X(POLICY_LIST,                                                         \
	  "SELECT version, at, who, note, digest, origin, main FROM policy"    \
	  " WHERE ?1 = 0 OR version = ?1 ORDER BY version DESC LIMIT ?2")      \
	X(POLICY_ASKED, "SELECT asked FROM policy WHERE version = ?1")         \
	X(POLICY_FILES, "SELECT n.name, f.bytes FROM policy_name n"            \
			" JOIN policy_file f ON f.k = n.k"                     \
			" WHERE n.version = ?1 ORDER BY n.n")                  \
	X(POLICY_FORGET,                                                       \
	  "UPDATE policy SET asked = NULL WHERE asked IS NOT NULL"             \
	  " AND version < (SELECT max(version) FROM policy WHERE at < ?1)")    \
	/* facts of decisions */                                               \
	X(RECORD_ADD, "INSERT INTO record (msg, policy, key, sealed)"          \
		      " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (msg) DO UPDATE"   \
		      " SET policy = excluded.policy, key = excluded.key,"     \
		      " sealed = excluded.sealed")                             \
	X(RECORD_NEXT, "SELECT msg, policy, key, sealed FROM record"           \
		       " WHERE msg > ?1 ORDER BY msg LIMIT ?2")                \
	X(RECORD_OLD, "DELETE FROM record WHERE msg IN (SELECT msg"            \
		      " FROM record WHERE msg < ?1 ORDER BY msg LIMIT 5000)")  \
	/* the past */                                                         \
	X(PAST_MORE,                                                           \
	  "INSERT INTO past (tenant, rcpt, sender, count, last)"               \
	  " VALUES (?1, ?2, ?3, ?4, ?5)"                                       \
	  " ON CONFLICT (tenant, rcpt, sender) DO UPDATE SET"                  \
	  " count = count + excluded.count, last = max(last, excluded.last)")  \
	X(PAST_KNOWN, "INSERT INTO past (tenant, rcpt, sender, count, last)"   \
		      " VALUES (?1, ?2, ?3, ?4, ?5)"                           \
		      " ON CONFLICT (tenant, rcpt, sender) DO UPDATE SET"      \
		      " count = max(count, excluded.count),"                   \
		      " last = max(last, excluded.last)")                      \
	X(PAST_OF, "SELECT sender FROM past WHERE tenant = ?1 AND rcpt = ?2"   \
		   " ORDER BY sender <> ?3, last DESC LIMIT ?4")               \
	X(PAST_LIST, "SELECT rcpt, sender, count, last FROM past"              \
		     " WHERE tenant = ?1 AND (rcpt, sender) > (?2, ?3)"        \
		     " ORDER BY rcpt, sender LIMIT ?4")                        \
	X(PAST_SLICE, "SELECT tenant, rcpt, sender, last FROM past"            \
		      " WHERE (tenant, rcpt, sender) > (?1, ?2, ?3)"           \
		      " ORDER BY tenant, rcpt, sender LIMIT ?4")               \
	X(PAST_DELETE, "DELETE FROM past WHERE tenant = ?1 AND rcpt = ?2"      \
		       " AND sender = ?3")                                     \
	/* Those not yet decided are counted when they are. */                 \
	X(SENT_SINCE,                                                          \
	  "SELECT tenant, from_, count(*), sum((SELECT count(*) FROM rcpt"     \
	  " WHERE msg = m.id)) FROM message m WHERE id >= ?1 AND kind = ?2"    \
	  " AND decided = 1 AND from_ <> '' GROUP BY tenant, from_"            \
	  " ORDER BY 4 DESC LIMIT ?3")                                         \
	/* the ledger's proof */                                               \
	X(LEDGER_ACCEPTED, "SELECT coalesce(sum(rcpts), 0) FROM audit")        \
	X(LEDGER_NO_ROWS,                                                      \
	  "SELECT msg FROM audit a WHERE rcpts <> 0 GROUP BY msg"              \
	  " HAVING sum(rcpts) > 0"                                             \
	  " AND NOT EXISTS (SELECT 1 FROM rcpt WHERE msg = a.msg) LIMIT ?1")   \
	X(LEDGER_OTHER,                                                        \
	  "SELECT msg FROM rcpt r GROUP BY msg"                                \
	  " HAVING count(*) <> (SELECT coalesce(sum(rcpts), 0) FROM audit"     \
	  "  WHERE msg = r.msg AND msg <> 0)"                                  \
	  " OR sum(state >= 100) <> (SELECT coalesce(sum(ends), 0) FROM audit" \
	  "  WHERE msg = r.msg AND msg <> 0)"                                  \
	  " OR sum(state NOT IN (0, 10, 20, 21, 22, 30, 40, 100, 101, 102,"    \
	  "  103, 104, 105)) > 0"                                              \
	  " OR NOT EXISTS (SELECT 1 FROM message WHERE id = r.msg) LIMIT ?1")

enum sql {
#define SQL_ENUM(id, text) SQL_##id,
	SQL_ROWS(SQL_ENUM)
#undef SQL_ENUM
		SQL_COUNT
};

#endif
