"""The tiny recipe: a 2.6M-parameter Qwen3 in a small procedural world, whole pipeline in minutes on two CPU cores."""
