"""What a person starts: set-up, tests, the whole pipeline, a chat with the result."""
