"""Stage 1: long-CoT cold start (report, section 4.1). Verbs: curate, train."""
