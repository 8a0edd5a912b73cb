#!/usr/bin/env bash
# The whole way of a release: the clinic's bundle is built, signed by four people, packed, split, carried into an empty directory as
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
# With those of other platforms, whose manifests are carried as well; from here on nothing is fetched.
cargo fetch --locked --quiet
cargo build --quiet --locked -p airlock-compiler --bin airlock
cargo build --quiet --locked -p airlock-tests --bin clinic-upstream
airlock="$built/airlock"

work="$(mktemp -d)"
upstream=
trap 'kill $upstream 2>/dev/null || true; rm -rf "$work"' EXIT
chmod 755 "$work"

# No network where it is checked.
spaces=(--net)
[ "$(id -u)" -eq 0 ] || spaces+=(--user --map-root-user)

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
bytes="$(find "$bundle" -type f ! -path '*/models/*' ! -name vendor.tar -printf '%s\n' | awk '{ all += $1 } END { print all }')"
say "without models and vendored crates it has $bytes bytes"
[ "$bytes" -lt 25000000 ]

say "keys of four people"
keys="$work/keys"
mkdir -m 700 "$keys"
"$airlock" bundle key --kind p384 --out "$keys/release" >/dev/null
"$airlock" bundle key --kind mldsa87 --out "$keys/release-pq" >/dev/null
ssh-keygen -q -t ecdsa -b 384 -N '' -C ada -f "$keys/ada"
ssh-keygen -q -t ecdsa -b 384 -N '' -C ward3 -f "$keys/ward3"
line() { printf '%s namespaces="%s" %s\n' "$1" "$2" "$(cut -d' ' -f1-2 "$3")"; }
{
    line release airgap-mcp-bundle-v1 "$keys/release.pub"
    line reviewer-ada airgap-mcp-bundle-v1 "$keys/ada.pub"
    line site-ward3 airgap-mcp-approve-v1 "$keys/ward3.pub"
} >"$work/anchors/allowed_signers"
echo '# nobody' >"$work/anchors/revoked"
cp "$keys/release.pem" "$work/anchors/release.pem"
cp "$keys/release-pq.pem" "$work/anchors/mldsa.pem"
echo '{"policy": "cnsa2", "reviewers": 1, "site": false}' >"$work/anchors/policy.json"
chmod -R go+rX "$work/anchors"

say "signing, packing, splitting"
"$airlock" bundle sign "$bundle" --key "$keys/release" --key "$keys/release-pq" --replace >/dev/null
"$airlock" bundle sign "$bundle" --key "$keys/ada" --as reviewer:ada --replace >/dev/null
"$airlock" bundle pack "$bundle" --out "$work/here/$name.tar.zst"
mkdir "$work/medium"
"$airlock" bundle split "$work/here/$name.tar.zst" --size 200MB --out "$work/medium"
chmod -R go+rX "$work/medium"

# From here on nothing of this checkout takes part: what is run lies in the bundle.
cd "$work/there"
there() { "${other[@]}" "$@"; }

say "checked with nothing of ours, without a network: $(there sh -c 'ssh -V 2>&1')"
there sh -c "cat $work/medium/$name.tar.zst.[0-9]* | zstd -dcq | tar -x --no-same-owner"
there sh -c "cd $work/medium && sha512sum -c --strict --quiet $name.tar.zst.parts"
unshare "${spaces[@]}" "${other[@]}" sh -euc "
    cd $name
    A=$work/anchors
    T=\$(mktemp -d)
    ssh-keygen -Y verify -f \$A/allowed_signers -r \$A/revoked -I release \
        -n airgap-mcp-bundle-v1 -s signatures/release.sshsig < SHA512SUMS
    ssh-keygen -Y verify -f \$A/allowed_signers -r \$A/revoked -I reviewer-ada \
        -n airgap-mcp-bundle-v1 -s signatures/reviewer-ada.sshsig < SHA512SUMS
    sha512sum -c --strict --quiet SHA512SUMS
    export LC_ALL=C
    cut -c131- SHA512SUMS | sort > \$T/want
    find . ! -type d ! -path './signatures/*' ! -path ./SHA512SUMS -printf '%P\n' | sort | diff \$T/want -
    test -z \"\$(find . \( ! -type f ! -type d \) -o -type f \( -links +1 -o -perm /7022 \))\"
    openssl dgst -sha384 -verify \$A/release.pem -signature signatures/release.der SHA512SUMS
    rm -r \$T
"

say "checked, approved and installed by what came along"
host="./$name/bin/airlock-host"
there "$host" bundle verify "$work/medium/$name.tar.zst.000" --anchors "$work/anchors"
there "$host" bundle inspect "$name" >"$work/inspected"
grep -q '^SEQUENCE 7' "$work/inspected"
cp "$keys/ward3" "$work/ward3.key"
[ ${#other[@]} -eq 0 ] || chown 65534:65534 "$work/ward3.key"
there "$host" bundle approve "$name" --key "$work/ward3.key" --as ward3
there "$host" bundle install "$name" --root "$work/there/airlock" --anchors "$work/anchors" --approved
there "$host" bundle list --root "$work/there/airlock"

say "asked a question"
cp "$work/clinic.key" "$work/there/clinic.key"
[ ${#other[@]} -eq 0 ] || chown 65534:65534 "$work/there/clinic.key"
cat >"$work/there/site.json" <<SITE
{
  "upstreams": {"clinic": {"address": "$(cat "$work/address")", "credentials": {"api_key": {"file": "clinic.key"}}}},
  "audit": {"file": "audit.jsonl"},
  "release": {"anchors": "$work/anchors"}
}
SITE
model_file=("$work"/there/airlock/current/models/*.gguf)
answer="$(there "$work/there/airlock/current/bin/airlock-host" --site "$work/there/site.json" ask --model "${model_file[0]}" \
    'What are the names of the free beds on ward W3?' 2>"$work/told" </dev/null)" || { cat "$work/told" >&2; exit 1; }
printf '%s\n' "$answer"
grep -q W3-04 <<<"$answer"

say "changed by one bit, it is refused"
chmod u+w "$work"/there/airlock/current/manifest.json
printf ' ' >>"$work/there/airlock/current/manifest.json"
status=0
there "$work/there/airlock/current/bin/airlock-host" --site "$work/there/site.json" tools >/dev/null 2>"$work/refused" || status=$?
cat "$work/refused"
test "$status" -eq 14
