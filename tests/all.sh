#!/usr/bin/env bash
# Sets up everything the suites need, and runs them all. Needs Rust, gcc and python3 with pip; installs cmake, libclang,
# the Python packages of the client and of the wire's peers, Chromium and Node with what checks the review page, the official
# conformance suite, clients and a host of the protocol, llama.cpp's server, qemu, faketime, strace, zstd, and the demo model where they
# are missing; unpacks Prometheus and PowerDNS.
#
#   bash tests/all.sh [ARGUMENTS FOR cargo test]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/setup/lib.sh

need_build_tools
need_openssh
need_other_machines
need_stock_tools
AIRLOCK_MODEL="${AIRLOCK_MODEL:-$(python3 tests/setup/model.py)}"
AIRLOCK_PYTHONPATH="${AIRLOCK_PYTHONPATH:-$(need_python_client)}"
AIRLOCK_PEERS="${AIRLOCK_PEERS:-$(need_python_peers)}"
AIRLOCK_OSCAL="${AIRLOCK_OSCAL:-$(need_python_oscal)}"
AIRLOCK_CRYPTOGRAPHY="${AIRLOCK_CRYPTOGRAPHY:-$(need_python_cryptography)}"
AIRLOCK_CYCLONEDX="${AIRLOCK_CYCLONEDX:-$(need_python_cyclonedx)}"
AIRLOCK_CHROMIUM="${AIRLOCK_CHROMIUM:-$(need_browser)}"
AIRLOCK_NODE_PACKAGES="${AIRLOCK_NODE_PACKAGES:-$(need_review_packages)}"
AIRLOCK_PROTOCOL_PACKAGES="${AIRLOCK_PROTOCOL_PACKAGES:-$(need_protocol_packages)}"
AIRLOCK_OPENCODE_PACKAGES="${AIRLOCK_OPENCODE_PACKAGES:-$(need_opencode)}"
export AIRLOCK_MODEL AIRLOCK_PYTHONPATH AIRLOCK_PEERS AIRLOCK_CHROMIUM AIRLOCK_NODE_PACKAGES AIRLOCK_PROTOCOL_PACKAGES
AIRLOCK_LLAMA_SERVER="${AIRLOCK_LLAMA_SERVER:-$(need_llama_server)}"
export AIRLOCK_OPENCODE_PACKAGES AIRLOCK_LLAMA_SERVER AIRLOCK_OSCAL AIRLOCK_CRYPTOGRAPHY AIRLOCK_CYCLONEDX
need_systemd

# Rules and tools are read once for all tests that ask the model.
export AIRLOCK_STATE="$PWD/target/state"

# Real OpenAPI documents lie beside the checkout on some machines. Where they do not, those tests stay ignored; in CI that
# is a failure.
needing_setup=(with_cargo with_model with_endpoint with_python with_browser with_node with_opencode with_systemd with_rebuild with_strace)
AIRLOCK_SPECS="$(realpath -m "${AIRLOCK_SPECS:-../shared/specs}")"
export AIRLOCK_SPECS
if [ -n "${CI:-}" ] || [ -d "$AIRLOCK_SPECS" ]; then
    needing_setup+=(with_documents with_servers)
    AIRLOCK_SERVERS="${AIRLOCK_SERVERS:-$(need_servers)}"
    export AIRLOCK_SERVERS
else
    say "no real documents in $AIRLOCK_SPECS (set AIRLOCK_SPECS): the tests that need them stay ignored"
fi

# Booting systemd in namespaces of its own takes root. Where nobody is root, that test stays ignored; in CI that is a failure.
if [ -n "${CI:-}" ] || [ "$(id -u)" -eq 0 ]; then
    needing_setup+=(with_booted)
else
    say "not root: the test that boots systemd stays ignored"
fi

# Those of other platforms as well: a lock is read whole, offline, where a release or a workspace is made of it.
cargo fetch --locked --quiet
say "building and testing: the first time takes some minutes, most of them llama.cpp"
cargo test --workspace --locked "$@"
say "the tests that need what was set up"
cargo test --workspace --locked -- --ignored "${needing_setup[@]}"
say "what leaves a confined program, seen from outside of it"
bash tests/imports.sh
bash tests/processor.sh
bash tests/egress.sh
say "the whole way of a release: built, signed, carried, checked, installed, asked"
bash tests/bundle.sh
