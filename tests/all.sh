#!/usr/bin/env bash
# Sets up everything the suites need, and runs them all. Needs Rust, gcc and python3 with pip; installs cmake, libclang,
# the Python package mcp and the demo model where they are missing.
#
#   bash tests/all.sh [ARGUMENTS FOR cargo test]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tests/setup/lib.sh

need_build_tools
AIRLOCK_MODEL="${AIRLOCK_MODEL:-$(python3 tests/setup/model.py)}"
AIRLOCK_PYTHONPATH="${AIRLOCK_PYTHONPATH:-$(need_python_client)}"
export AIRLOCK_MODEL AIRLOCK_PYTHONPATH

say "building and testing: the first time takes some minutes, most of them llama.cpp"
cargo build --workspace --locked --bins
cargo test --workspace --locked "$@"
