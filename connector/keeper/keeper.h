/* keeper.h - the key process: holds the master key, sees no message.
 *
 * Serves typed, bounded requests (connector/sys/keys) on a socket pair until
 * the other end closes.  No network, no files after start, no core dumps,
 * memory locked where allowed.
 */
#ifndef SEKISHO_KEEPER_H
#define SEKISHO_KEEPER_H

#include "connector/base/err.h"

/* Runs in a process of its own; returns the exit code. */
int keeper_main(int fd, const char *master_key_file);

#endif
