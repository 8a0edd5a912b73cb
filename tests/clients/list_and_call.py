"""Drives a server with the official MCP client: lists the tools, calls one, and prints what came of it as JSON.

    list_and_call.py MODE TOOL ARGUMENTS COMMAND...
    list_and_call.py MODE TOOL ARGUMENTS http://ADDRESS/mcp

MODE is `auto`, `legacy` or a protocol revision. With SAYS=yes or SAYS=no in the environment, the client can ask its user, who
says that; what was asked is printed, too. TOKEN is sent over HTTP.
"""

import asyncio
import json
import os
import sys

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import ElicitResult


def transport(command, rest):
    if command.startswith("http://"):
        headers = {"Authorization": f"Bearer {os.environ['TOKEN']}"} if "TOKEN" in os.environ else {}
        return streamable_http_client(command, http_client=httpx2.AsyncClient(headers=headers, trust_env=False))
    return stdio_client(StdioServerParameters(command=command, args=rest))


async def main(mode, tool, arguments, command, *rest):
    asked = []

    async def user(_context, question):
        asked.append(question.message)
        if os.environ["SAYS"] == "yes":
            return ElicitResult(action="accept", content={"confirm": True})
        return ElicitResult(action="decline")

    more = {"elicitation_callback": user} if "SAYS" in os.environ else {}
    async with Client(transport(command, list(rest)), mode=mode, **more) as client:
        listed = await client.list_tools()
        called = await client.call_tool(tool, json.loads(arguments))
        print(json.dumps({
            "protocol": str(client.protocol_version),
            "tools": len(listed.tools),
            "is_error": bool(called.is_error),
            "text": "".join(part.text for part in called.content),
            "structured": called.structured_content,
            "asked": asked,
        }))


asyncio.run(main(*sys.argv[1:]))
