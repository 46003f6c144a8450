"""The tiny recipe: a 1.8M-parameter Qwen3 in a small procedural world, the whole pipeline on two CPU cores."""
