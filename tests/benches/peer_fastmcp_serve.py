"""FastMCP as a server over standard input and output, made of a document: what `--bench serve` measures beside ours.

    VENV/bin/python tests/benches/peer_fastmcp_serve.py DOCUMENT UPSTREAM
"""

import json
import sys

from fastmcp import FastMCP

with open(sys.argv[1], encoding="utf-8") as file:
    document = json.load(file)
document["servers"] = [{"url": sys.argv[2]}]
FastMCP.from_openapi(openapi_spec=document).run(transport="stdio", show_banner=False)
