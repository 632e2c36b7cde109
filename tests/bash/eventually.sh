# shellcheck shell=bash
# eventually COMMAND...: waits until COMMAND succeeds; fails if it has not within $patience seconds (20).
eventually() {
  local end=$((SECONDS + ${patience:-20}))
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.05
  done
}
