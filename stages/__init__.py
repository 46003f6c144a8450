"""The pipeline: one folder a stage, each with the verbs curate (its data) and train; the files here are shared."""
