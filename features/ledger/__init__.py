"""The ledger of continuing education: activities from all sources, each counted once, converted, within validity and caps."""
