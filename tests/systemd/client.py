"""A client of the running service, over HTTP: waits until it answers, calls one tool, and prints what came as JSON."""

import json
import time
import urllib.error
import urllib.request

ADDRESS = "http://127.0.0.1:8471"
META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}


def ask(request):
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as fault:
        return fault.code, fault.read().decode()
    except OSError as fault:
        return 0, str(fault)


for _ in range(200):
    health = ask(ADDRESS + "/healthz")
    if health[0]:
        break
    time.sleep(0.1)

params = {"name": "find_free_beds", "arguments": {"ward_id": "W3"}, "_meta": META}
body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()
headers = {
    "Content-Type": "application/json",
    "Accept": "application/json, text/event-stream",
    "MCP-Protocol-Version": "2026-07-28",
    "Mcp-Method": "tools/call",
    "Mcp-Name": "find_free_beds",
}
without = ask(urllib.request.Request(ADDRESS + "/mcp", body, headers))
with open("/etc/airlock/http.token", encoding="utf-8") as file:
    headers["Authorization"] = "Bearer " + file.read().strip()
called = ask(urllib.request.Request(ADDRESS + "/mcp", body, headers))
print(json.dumps({"health": health, "without": without, "called": called}))
