// Drives a server with the official TypeScript client, as list_and_call.py does with the Python one:
//
//     list_and_call.mjs PACKAGES TOOL ARGUMENTS COMMAND...
//     list_and_call.mjs PACKAGES TOOL ARGUMENTS http://ADDRESS/mcp
//
// PACKAGES is the directory of the client's package. This release speaks the revisions with an opening alone.
import { pathToFileURL } from "node:url";

const [packages, tool, argumentsText, command, ...rest] = process.argv.slice(2);
const sdk = (name) => import(pathToFileURL(`${packages}/@modelcontextprotocol/sdk/dist/esm/${name}.js`).href);
const { Client } = await sdk("client/index");
const { StdioClientTransport } = await sdk("client/stdio");
const { StreamableHTTPClientTransport } = await sdk("client/streamableHttp");
const { ElicitRequestSchema } = await sdk("types");

const { SAYS: says, TOKEN: token } = process.env;
const asked = [];
const client = new Client({ name: "tests", version: "1" }, { capabilities: says ? { elicitation: {} } : {} });
if (says) {
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
    asked.push(params.message);
    return says === "yes" ? { action: "accept", content: { confirm: true } } : { action: "decline" };
  });
}
const headers = token ? { Authorization: `Bearer ${token}` } : {};
const transport = command.startsWith("http://")
  ? new StreamableHTTPClientTransport(new URL(command), { requestInit: { headers } })
  : new StdioClientTransport({ command, args: rest });
await client.connect(transport);
const listed = await client.listTools();
const called = await client.callTool({ name: tool, arguments: JSON.parse(argumentsText) });
console.log(JSON.stringify({
  protocol: transport.protocolVersion ?? transport._protocolVersion ?? null,
  tools: listed.tools.length,
  is_error: called.isError === true,
  text: called.content.map((part) => part.text).join(""),
  structured: called.structuredContent ?? null,
  asked,
}));
await client.close();
