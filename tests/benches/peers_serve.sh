#!/usr/bin/env bash
# Other servers of tools that are made of an OpenAPI document, beside ours and the floor, in one run.
#
#   bash tests/benches/peers_serve.sh [DIR]
#
# Needs python3 with venv and pip, node with npm, and the real documents (AIRLOCK_SPECS). rmcp-openapi is left out: it speaks
# HTTP alone. openapi-mcp-generator is left out with 767 tools: it takes a member named `$ref` in an example for a reference
# and cannot read the document.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
directory="$(realpath -m "${1:-$(mktemp -d)}")"
mkdir -p "$directory"

echo "## FastMCP, mcpify" >&2
[ -x "$directory/venv/bin/python" ] || python3 -m venv "$directory/venv"
"$directory/venv/bin/pip" install --quiet fastmcp==4.1.2 mcpify-openapi==1.19.0

echo "## openapi-mcp-generator" >&2
npm install --silent --no-fund --no-audit --prefix "$directory/node" openapi-mcp-generator@4.0.1
# The document that the bench cuts down is written here first.
cargo bench --quiet -p airlock-tests --bench serve -- --document 30 > "$directory/document-30.json"
"$directory/node/node_modules/.bin/openapi-mcp-generator" --input "$directory/document-30.json" --transport stdio \
    --base-url http://127.0.0.1:18473 --output "$directory/generated-30" --force >&2
(cd "$directory/generated-30" && npm install --silent --no-fund --no-audit && npm run --silent build) >&2

cargo bench --quiet -p airlock-tests --bench serve -- \
    --peer "FastMCP 4.1.2=$directory/venv/bin/python $PWD/tests/benches/peer_fastmcp_serve.py {document} {upstream}" \
    --peer "mcpify 1.19.0=$directory/venv/bin/mcpify serve {document} --base-url {upstream}" \
    --peer "openapi-mcp-generator 4.0.1=node $directory/generated-{tools}/build/index.js"
