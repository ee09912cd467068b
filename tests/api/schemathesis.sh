#!/usr/bin/env bash
# Asks the HTTP API of a real inspector whatever its OpenAPI document allows, and much that it does not: no answer may be a
# 5xx or break the document. The cycles are those of the bookshop and its visitors. `/api/live` never ends, so it is left
# to inspector-web/tests/inspector/live.rs.
#
# Needs Python 3; Schemathesis is installed by pip into target/schemathesis. Where either is missing it says so and is well,
# except with CI=true.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

VERSION=4.32.5
missing() {
    echo "schemathesis: $1"
    [[ ${CI:-} != true ]] || exit 1
    exit 0
}

command -v python3 >/dev/null || missing "no python3 here: the API is not tested with it"
venv=$PWD/target/schemathesis
if ! "$venv/bin/schemathesis" --version 2>/dev/null | grep -qF "$VERSION"; then
    rm -rf "$venv"
    python3 -m venv "$venv" || missing "python3 has no venv: the API is not tested with it"
    "$venv/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$VERSION" ||
        missing "pip can't install schemathesis $VERSION: the API is not tested with it"
fi

cargo build --quiet --locked -p onionskin-demo
dir=$(mktemp -d)
shop=
finish() {
    [[ -z $shop ]] || kill "$shop" 2>/dev/null || true
    rm -rf "$dir"
}
trap finish EXIT

# Port 0: any free one. The URL, with its token, comes on standard error. Recordings that are asked for without a name are
# made where it runs.
bookshop=$PWD/target/debug/bookshop
(cd "$dir" && ONIONSKIN_SOCKET="$dir/link.sock" exec "$bookshop" --headless --port 0 --data "$dir/data" --inspector-port 0 \
    >"$dir/lines" 2>"$dir/said") &
shop=$!
for _ in {1..300}; do
    url=$(grep -oE 'http://127\.0\.0\.1:[0-9]+/#token=[0-9a-f]+' "$dir/said" | head -1 || true)
    [[ -n $url && $(wc -l <"$dir/lines") -ge 20 ]] && break
    kill -0 "$shop" 2>/dev/null || { cat "$dir/said"; exit 1; }
    sleep 0.1
done
[[ -n $url ]] || { echo "schemathesis: the bookshop told no URL"; cat "$dir/said"; exit 1; }
base=${url%%/#*}
token=${url##*=}

# It leaves files where it runs.
check() {
    (cd "$dir" && "$venv/bin/schemathesis" "$@" \
        --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
        --exclude-path /api/live --header "Authorization: Bearer $token" --max-examples 25 --phases examples,coverage,fuzzing \
        --generation-deterministic --continue-on-failure --warnings off --no-color)
}

# Whatever the document allows, and what it does not.
check run "$base/api/openapi.json"

# The same about what is there.
python3 tests/api/real.py "$base" "$token" >"$dir/real.toml"
check --config-file "$dir/real.toml" run "$base/api/openapi.json" --include-path-regex '\{'
