-- Which of the account's passwords a session was begun with: it ends when that is changed, by whatever program, and
-- one that a sign-in with the old password begins meanwhile never opens anything. Null in sessions from before.
ALTER TABLE cohort_session ADD COLUMN password_version text;
ALTER TABLE cohort_customer_session ADD COLUMN password_version text;

DO $$ BEGIN
    RAISE NOTICE 'bound sessions to passwords';
END $$;
