-- Version 15: sub-accounts that are switched off.

-- 0: its keys and its password are refused until it is switched on again.
ALTER TABLE principals ADD COLUMN active INTEGER NOT NULL DEFAULT 1;
