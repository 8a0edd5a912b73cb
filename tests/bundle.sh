#!/usr/bin/env bash
# The whole way of a release: the clinic's bundle is built, signed by three keys, packed, split, carried into an empty directory as
# another user, joined, checked by stock tools alone and by ours, approved, installed, and asked a question.
#
#   bash tests/bundle.sh                      builds and carries the clinic's bundle (some minutes the first time, for llama.cpp)
#   AIRLOCK_BUNDLE=DIR bash tests/bundle.sh   carries one that is built already
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/setup/lib.sh

need_build_tools
need_openssh
need_stock_tools
model="${AIRLOCK_MODEL:-$(python3 tests/setup/model.py)}"
built="${CARGO_TARGET_DIR:-target}/debug"
cargo build --quiet --locked -p airlock-compiler --bin airlock
cargo build --quiet --locked -p airlock-tests --bin clinic-upstream
airlock="$built/airlock"

work="$(mktemp -d)"
upstream=
trap 'kill $upstream 2>/dev/null || true; rm -rf "$work"' EXIT
chmod 755 "$work"

# Somebody else, where that can be had: who builds and who carries are never one person.
other=()
[ "$(id -u)" -ne 0 ] || other=(setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH="$PATH" HOME="$work/there")
mkdir -m 755 "$work/here" "$work/anchors" "$work/there"
[ "$(id -u)" -ne 0 ] || chown 65534:65534 "$work/there"

say "starting the clinic's upstream"
(umask 077 && printf 'demo-key\n' >"$work/clinic.key")
"$built/clinic-upstream" --listen 127.0.0.1:0 --api-key-file "$work/clinic.key" --port-file "$work/address" >&2 &
upstream=$!
for _ in $(seq 100); do [ -s "$work/address" ] && break; kill -0 "$upstream"; sleep 0.1; done

bundle="${AIRLOCK_BUNDLE:-}"
if [ -z "$bundle" ]; then
    say "building the bundle"
    "$airlock" bundle build --model "$model" --site-template tests/bundle/site.json --name clinic --version 0.1.0 --sequence 7 \
        --created 1764374400 --out "$work/here"
    bundle="$work/here/clinic-0.1.0-x86_64-unknown-linux-gnu"
fi
name="$(basename "$bundle")"

say "keys of three people"
keys="$work/keys"
mkdir -m 700 "$keys"
"$airlock" bundle key --kind p384 --out "$keys/release" >/dev/null
"$airlock" bundle key --kind mldsa87 --out "$keys/release-mldsa" >/dev/null
ssh-keygen -q -t ed25519 -N '' -C reviewer -f "$keys/reviewer"
ssh-keygen -q -t ecdsa -b 384 -N '' -C site -f "$keys/site"
{
    printf 'release namespaces="airgap-mcp-bundle-v1" %s\n' "$(cut -d' ' -f1-2 "$keys/release.pub")"
    printf 'reviewer-ada namespaces="airgap-mcp-bundle-v1" %s\n' "$(cut -d' ' -f1-2 "$keys/reviewer.pub")"
    printf 'site-ward3 namespaces="airgap-mcp-approve-v1" %s\n' "$(cut -d' ' -f1-2 "$keys/site.pub")"
} >"$work/anchors/allowed_signers"
: >"$work/anchors/revoked"
cp "$keys/release.pem" "$work/anchors/release.pem"
cp "$keys/release-mldsa.pem" "$work/anchors/mldsa.pem"
