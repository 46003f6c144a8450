"""Stage 2: reasoning RL (report, section 4.2). Verbs: curate, train."""
