"""What FastMCP takes for the same document: CPU seconds, peak memory, and the bytes of the tool list.

    python3 -m venv VENV && VENV/bin/pip install fastmcp==4.1.2
    VENV/bin/python tests/benches/peer_fastmcp.py ../shared/specs/github-progenitor.json
"""

import asyncio
import json
import resource
import sys
import time

from fastmcp import FastMCP

base_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
started = time.process_time()
with open(sys.argv[1], encoding="utf-8") as file:
    text = file.read()
server = FastMCP.from_openapi(openapi_spec=json.loads(text))
tools = asyncio.run(server.list_tools())
cpu_s = time.process_time() - started
peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - base_bytes
listed_bytes = sum(len(tool.to_mcp_tool().model_dump_json(exclude_none=True)) for tool in tools)
print(f"tools {len(tools)}, CPU {cpu_s:.2f} s, peak over base {peak_bytes / len(text):.1f} x the file, list {listed_bytes} bytes")
