-- no transaction
-- Counts what was there before the counters. Nobody waits for it; interrupted, it goes on where it was.

CALL cohort_fill_counters();
