/* here.c - checks of what lies on this machine: store, disk, keys, clock. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include "connector/doctor/doctor_int.h"

#define DISK_BAD_BYTES	(UINT64_C(1) << 30)
#define DISK_WARN_BYTES (UINT64_C(5) << 30)
#define INODES_WARN	10000

void check_store(struct doctor *d)
{
	AUTO(arena) a = ARENA_EMPTY;
	struct store_ledger l;
	struct err e = ERR_EMPTY;

	if (!d->c.reader) {
		doctor_say(d, DOCTOR_BAD,
			   "sekisho serve を一度動かし、store の場所と権限を"
			   "確かめてください。",
			   "run `sekisho serve` once; check the path and the "
			   "permissions of `store`",
			   "ストア %s を開けません", "cannot open the store %s",
			   d->c.config->store);
		return;
	}
	if (!store_ledger(d->c.reader, &a, &l, &e))
		doctor_say(d, DOCTOR_BAD,
			   "データベースの控えを取り、記録を調べてください。",
			   "take a copy of the database and look into the log",
			   "台帳を読めません: %s", "cannot read the ledger: %s",
			   e.text);
	else if (!store_ledger_whole(&l))
		doctor_say(
			d, DOCTOR_BAD,
			"sekisho ledger で説明のつかない宛先を見てください。",
			"see `sekisho ledger` for what is unexplained",
			"台帳が合いません(説明のつかないもの %zu)",
			"the ledger does not add up (unexplained: %zu)",
			l.unexplained_n);
	else
		doctor_say(d, DOCTOR_FINE, NULL, NULL,
			   "台帳は合っています(受付 %llu、途中 %llu)",
			   "the ledger adds up (accepted %llu, open %llu)",
			   (unsigned long long)l.accepted,
			   (unsigned long long)l.open);
}

static void disk_of(struct doctor *d, const char *what, const char *path)
{
	struct statvfs v;
	unsigned long long bytes;
	enum doctor_level level;

	if (statvfs(path, &v) != 0) {
		const char *why = strerror(errno);

		doctor_say(d, DOCTOR_BAD, "場所と権限を確かめてください。",
			   "check the path and its permissions",
			   "%s %s を調べられません(%s)",
			   "%s %s cannot be looked at (%s)", what, path, why);
		return;
	}
	bytes = (unsigned long long)v.f_bavail * v.f_frsize;
	level = bytes < DISK_BAD_BYTES ? DOCTOR_BAD
		: bytes < DISK_WARN_BYTES ||
				(v.f_files && v.f_favail < INODES_WARN)
			? DOCTOR_WARN
			: DOCTOR_FINE;
	doctor_say(d, level,
		   "場所を空けてください。満杯のときは 452 と答え、"
		   "メールは失われません。",
		   "make room; when it is full, mail is answered 452 and none "
		   "is lost",
		   "%s の空き %llu MB、ファイル %llu 個",
		   "%s has %llu MB free, room for %llu files", what,
		   bytes >> 20, (unsigned long long)v.f_favail);
}

void check_disk(struct doctor *d)
{
	const struct config *c = d->c.config;
	struct str store = str_of(c->store);
	ptrdiff_t slash = str_rchr(store, '/');

	if (str_starts(store, STR("sqlite:")) && slash > 7)
		disk_of(d, "store",
			arena_strndup(&d->arena, store.p + 7,
				      (size_t)slash - 7));
	disk_of(d, "spool", c->spool);
}

void check_keys(struct doctor *d)
{
	const char *file = d->c.config->master_key;
	struct stat st;

	if (stat(file, &st) != 0) {
		const char *why = strerror(errno);

		doctor_say(d, DOCTOR_BAD,
			   "控えから戻してください: sekisho key restore。",
			   "bring it back: `sekisho key restore`",
			   "主鍵 %s がありません(%s)",
			   "the master key %s is not there (%s)", file, why);
		return;
	}
	if (st.st_mode & 077)
		doctor_say(d, DOCTOR_BAD,
			   "chmod 600 で、他の人が読めないようにしてください。",
			   "chmod 600: nobody else may read it",
			   "主鍵 %s の権限が %03o です",
			   "the master key %s has mode %03o", file,
			   (unsigned)(st.st_mode & 0777));
	else
		doctor_say(d, DOCTOR_FINE, NULL, NULL,
			   "主鍵は %s にあり、本人だけが読めます",
			   "the master key is %s, for its owner alone", file);
}

void check_clock(struct doctor *d)
{
	struct timex t = {0};
	int state = adjtimex(&t);

	if (state < 0)
		doctor_say(d, DOCTOR_NOTE,
			   "この機械(またはコンテナーの親)で確かめてください。",
			   "look at it on this machine, or on the container's "
			   "host",
			   "時計が合わせられているかわかりません(%s)",
			   "the kernel does not tell whether the clock is kept "
			   "(%s)",
			   strerror(errno));
	else if (state == TIME_ERROR || (t.status & STA_UNSYNC))
		doctor_say(d, DOCTOR_WARN,
			   "chrony か systemd-timesyncd を動かしてください。"
			   "時計が跳ぶと保留になります。",
			   "run chrony or systemd-timesyncd; a clock that "
			   "jumps makes mail wait",
			   "時計が時刻サーバーに合わせられていません",
			   "the clock is not kept by a time server");
	else
		doctor_say(d, DOCTOR_FINE, NULL, NULL,
			   "時計は合わせられています", "the clock is kept");
}
