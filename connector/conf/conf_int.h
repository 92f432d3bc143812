/* conf_int.h - shared by the files of this folder only. */
#ifndef SEKISHO_CONF_INT_H
#define SEKISHO_CONF_INT_H

#include "connector/base/die.h"
#include "connector/conf/conf.h"

#endif
