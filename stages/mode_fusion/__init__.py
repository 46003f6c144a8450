"""Stage 3: thinking-mode fusion (report, section 4.3). Verbs: curate, train."""
