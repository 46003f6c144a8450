"""Stage 4: general RL (report, section 4.4). Verbs: curate, train."""
