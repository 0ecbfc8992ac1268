#!/bin/sh
# Lists with curl, chooses with jq, disconnects with curl --parallel.
#
#   curl.sh EVERY CONCURRENCY
set -eu
header="Authorization: Bearer $XERO_ACCESS_TOKEN"
printf 'header = "%s"\n' "$header" |
	curl -sSf -K - "$XERO_API_URL/connections" |
	jq -r --argjson every "$1" --arg url "$XERO_API_URL" --arg header "$header" '
		"header = \"\($header)\"",
		(to_entries[] | select((.key + 1) % $every == 0)
			| "url = \"\($url)/connections/\(.value.id)\"", "output = \"/dev/null\"")' |
	curl -sSf -X DELETE --parallel --parallel-max "$2" -K -
