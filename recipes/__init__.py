"""Recipes: one folder a model, one YAML a stage, numbered in the order they run."""
