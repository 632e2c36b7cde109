# shellcheck shell=bash
# eventually COMMAND...: waits until COMMAND succeeds; fails if it has not within $patience seconds (60).
eventually() {
  local end=$((SECONDS + ${patience:-60}))
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.05
  done
}
