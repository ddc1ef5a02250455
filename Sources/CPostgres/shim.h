#ifndef COHORT_CPOSTGRES_SHIM_H
#define COHORT_CPOSTGRES_SHIM_H

#include <libpq-fe.h>

#endif
