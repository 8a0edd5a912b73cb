"""Drives a server over stdio with the official MCP client: reads every resource, gets one prompt, completes one of its
arguments, and prints what came of it as JSON.

    read_and_get.py MODE PROMPT ARGUMENTS COMPLETED COMMAND...

MODE is `auto`, `legacy` or a protocol revision. COMPLETED is the name of an argument, of which nothing has been typed yet.
"""

import asyncio
import json
import sys

from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.shared.exceptions import MCPError
from mcp.types import PromptReference


async def error_of(call):
    try:
        await call
    except MCPError as error:
        return {"code": error.error.code, "message": error.error.message}
    return None


async def main(mode, prompt, arguments, completed, command, *rest):
    parameters = StdioServerParameters(command=command, args=list(rest))
    async with Client(stdio_client(parameters), mode=mode) as client:
        tools = await client.list_tools()
        resources = await client.list_resources()
        texts = {}
        for resource in resources.resources:
            read = await client.read_resource(str(resource.uri))
            texts[str(resource.uri)] = "".join(content.text for content in read.contents)
        templates = await client.list_resource_templates()
        prompts = await client.list_prompts()
        got = await client.get_prompt(prompt, json.loads(arguments))
        reference = PromptReference(type="ref/prompt", name=prompt)
        completion = await client.complete(reference, {"name": completed, "value": ""})
        print(json.dumps({
            "tools": [tool.name for tool in tools.tools],
            "texts": texts,
            "templates": [template.uri_template for template in templates.resource_templates],
            "prompts": [prompt.name for prompt in prompts.prompts],
            "messages": [[message.role, message.content.text] for message in got.messages],
            "completion": completion.completion.values,
            "unknown_resource": await error_of(client.read_resource("catalog://nowhere")),
            "refused_prompt": await error_of(client.get_prompt(prompt, {})),
        }))


asyncio.run(main(*sys.argv[1:]))
