#!/bin/sh
# The main job for real: a private sandbox of Xero, its tenants, a cleanup script, what is left.
#
#   scripts/demo.sh [XERO-RUN]
set -eu
cd "$(dirname "$0")/.."
xero_run=${1:-build/xero-run}
exports=$(mktemp)

"$xero_run" sandbox >"$exports" &
sandbox=$!
trap 'kill "$sandbox" 2>/dev/null || true; rm -f "$exports"' EXIT

# The sandbox serves once it has printed its export lines and an empty one.
tries=0
until grep -q '^$' "$exports"; do
    tries=$((tries + 1))
    if [ "$tries" -gt 100 ] || ! kill -0 "$sandbox"; then
        echo "demo: the sandbox did not start" >&2
        exit 1
    fi
    sleep 0.1
done
# shellcheck source=/dev/null
. "$exports"

say() {
    printf '\n$ xero-run %s\n' "$*"
    "$xero_run" "$@"
}

say list
say --yes scripts/examples/cleanup.lua
say list
