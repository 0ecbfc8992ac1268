#!/bin/sh
# The main job for real: a private sandbox of Xero, its tenants, a cleanup script, what is left.
#
#   scripts/demo.sh [XERO-RUN]
set -eu
cd "$(dirname "$0")/.."
xero_run=${1:-build/xero-run}
files=$(mktemp -d)
sandbox=

finish() {
    [ -z "$sandbox" ] || kill "$sandbox" 2>/dev/null || true
    rm -rf "$files"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
    cat "$files/log" >&2
    echo "demo: $*" >&2
    exit 1
}

# It serves once it has printed its export lines and an empty one.
"$xero_run" sandbox >"$files/exports" 2>"$files/log" &
sandbox=$!
tries=0
until grep -q '^$' "$files/exports"; do
    kill -0 "$sandbox" 2>/dev/null || fail "the sandbox ended"
    tries=$((tries + 1))
    [ "$tries" -le 100 ] || fail "the sandbox did not start"
    sleep 0.1
done
unset XERO_ACCESS_TOKEN XERO_CLIENT_SECRET_FILE
export XERO_RUN_STATE="$files/state" # the demo is no business of the user's own journal
# shellcheck source=/dev/null
. "$files/exports"

show() {
    printf '\n$ xero-run %s\n' "$*"
    "$xero_run" "$@"
}

count() {
    "$xero_run" list --format ids | wc -l
}

echo "A sandbox serves at $XERO_API_URL."
before=$(count)
show list
show --verbose scripts/examples/cleanup.lua
show journal
show list
after=$(count)
[ "$after" -lt "$before" ] || fail "cleanup.lua disconnected nothing"
printf '\n%d tenants before, %d after\n' "$before" "$after"
