// Nothing to call: the library is preloaded, see ShiftedClock.c.
