// What Swift's Glibc module leaves out. _GNU_SOURCE stays undefined: it clashes with that module.
#ifndef COHORT_CLINUX_SHIM_H
#define COHORT_CLINUX_SHIM_H

#include <malloc.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

extern int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);

#endif
