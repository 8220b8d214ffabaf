#!/bin/sh
# Events without any library: plain JSON over HTTP. Start `windvane up` first.
set -eu
to=${WINDVANE_ENDPOINT:-http://127.0.0.1:7070}

# One event. Every name in docs/reference/events.md is understood; any other is kept as an attribute.
curl -sS --fail-with-body "$to/v1/events" -d '{
  "service": "shell", "model": "small-1", "prompt": "hi", "response": "hello",
  "input_tokens": 1, "output_tokens": 1, "latency": 0.21
}'
echo

# Several, one a line; sent again with the same key, they are still counted once.
for attempt in 1 2; do
  curl -sS --fail-with-body "$to/v1/events" -H "Idempotency-Key: shell-$$" --data-binary '{"service": "shell", "model": "small-1", "error": "429", "latency": 0.02}
{"service": "shell", "model": "small-1", "response": "a second one", "latency": 0.35}'
  echo
done
