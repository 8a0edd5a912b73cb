"""Drives a server over stdio with the official MCP client: lists the tools, calls one, and prints what came of it as JSON.

    list_and_call.py MODE TOOL ARGUMENTS COMMAND...

MODE is `auto`, `legacy` or a protocol revision. With SAYS=yes or SAYS=no in the environment, the client can ask its user, who
says that; what was asked is printed, too.
"""

import asyncio
import json
import os
import sys

from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import ElicitResult


async def main(mode, tool, arguments, command, *rest):
    parameters = StdioServerParameters(command=command, args=list(rest))
    asked = []

    async def user(_context, question):
        asked.append(question.message)
        if os.environ["SAYS"] == "yes":
            return ElicitResult(action="accept", content={"confirm": True})
        return ElicitResult(action="decline")

    more = {"elicitation_callback": user} if "SAYS" in os.environ else {}
    async with Client(stdio_client(parameters), mode=mode, **more) as client:
        listed = await client.list_tools()
        called = await client.call_tool(tool, json.loads(arguments))
        print(json.dumps({
            "protocol": str(client.protocol_version) if hasattr(client, "protocol_version") else None,
            "tools": [
                {"name": tool.name, "input_schema": tool.input_schema, "read_only": tool.annotations.read_only_hint}
                for tool in listed.tools
            ],
            "is_error": bool(called.is_error),
            "text": "".join(part.text for part in called.content),
            "structured": called.structured_content,
            "asked": asked,
        }))


asyncio.run(main(*sys.argv[1:]))
