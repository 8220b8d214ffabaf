#!/bin/sh
# One call told with curl alone, twice: as plain JSON and as a span of OpenTelemetry. Start `windvane up` first.
set -eu
to=${WINDVANE_ENDPOINT:-http://127.0.0.1:7070}

# A key, where the gateway asks for one: windvane gateway keys add shell
tell() {
  path=$1
  shift
  curl -sS --fail-with-body --retry 5 --max-time 10 ${WINDVANE_KEY:+-H "Authorization: Bearer $WINDVANE_KEY"} \
    -H 'Content-Type: application/json' "$@" --data-binary @- "$to$path"
  echo
}

# Plain JSON: every name in docs/reference/events.md. With the Idempotency-Key a retry is counted once.
tell /v1/events -H "Idempotency-Key: curl-$$" <<EOF
{"service": "curl", "provider": "openai", "model": "small-1", "operation": "chat",
 "prompt": "Where is parcel 7?", "response": "In Lisbon.", "input_tokens": 12, "output_tokens": 4, "latency": 0.21}
EOF

# OTLP/JSON: ids in hexadecimal, times in nanoseconds as text, values by their type.
end=$(date +%s)
tell /v1/traces <<EOF
{"resourceSpans": [{
  "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "curl"}}]},
  "scopeSpans": [{"scope": {"name": "by-hand"}, "spans": [{
    "traceId": "$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')", "spanId": "$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')",
    "name": "chat small-1", "kind": 3,
    "startTimeUnixNano": "$((end - 1))750000000", "endTimeUnixNano": "${end}000000000",
    "attributes": [
      {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
      {"key": "gen_ai.provider.name", "value": {"stringValue": "openai"}},
      {"key": "gen_ai.request.model", "value": {"stringValue": "small-1"}},
      {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "12"}},
      {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "4"}},
      {"key": "gen_ai.input.messages", "value": {"stringValue":
        "[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"Where is parcel 7?\"}]}]"}},
      {"key": "gen_ai.output.messages", "value": {"stringValue":
        "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"In Lisbon.\"}],\"finish_reason\":\"stop\"}]"}}
    ]
  }]}]
}]}
EOF
