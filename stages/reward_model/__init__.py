"""The reward model (report, section 4.4, third kind of reward): human preferences. Verbs: curate, train, evaluate."""
