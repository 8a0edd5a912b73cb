#!/usr/bin/env bash
# Prune rules in other programs, on the bodies of the bench: libraries within a process, jq and jaq as a user runs them.
#
#   bash tests/benches/peers_prune.sh [DIR]
#
# Needs python3 with venv and pip, node with npm, jq, and `cargo install jaq`; what is missing is said and left out.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
directory="${1:-$(mktemp -d)}"
cargo bench --quiet -p airlock-tests --bench prune -- --write "$directory"
cargo build --quiet --release -p airlock-compiler

echo "## Python jmespath"
python3 -m venv "$directory/venv" && "$directory/venv/bin/pip" install --quiet jmespath==1.1.0
"$directory/venv/bin/python" tests/benches/peer_jmespath.py "$directory"

echo "## npm jmespath"
npm install --silent --no-fund --no-audit --prefix "$directory" jmespath@0.16.0
node tests/benches/peer_jmespath.mjs "$directory"

echo "## whole processes, E1 on 1 MB: the least of ten, user and system time"
body="$directory/issues-1MB.json"
filter='[.items[] | {number, title, state, user: .user.login, labels: [.labels[].name]}]'
least() {
    local best=999999 taken
    for _ in $(seq 10); do
        taken="$( { TIMEFORMAT='%U %S'; time "$@" >/dev/null 2>&1 <"$body"; } 2>&1 | awk '{ printf "%d", ($1 + $2) * 1000 }')"
        [ "$taken" -lt "$best" ] && best="$taken"
    done
    echo "$best ms  $1"
}
rule='items[*].{number: number, title: title, state: state, user: user.login, labels: labels[*].name}'
least target/release/airlock prune --rule "$rule" --format json
for program in jq jaq; do
    if command -v "$program" >/dev/null; then least "$program" -c "$filter"; else echo "$program is not there"; fi
done
