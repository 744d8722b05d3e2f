"""MCP: what AI agents and assistants ask for by the Model Context Protocol.

What enters: requests at `/mcp`, of the revisions 2026-07-28 and 2025-11-25. What leaves: a tool for
each service of the catalog, a resource for each case, and where a client knows the tasks extension
a case as a task. Always true: a tool's answer is sent after its case is committed; any worker can
answer any request, as what a session or a half-done call is about is sealed in what the client
holds; a question to the owner is only ever the address of our own page, and no answer to it is
taken here.
"""

from thingdesk.channels.mcp.describe import describe_tool
from thingdesk.channels.mcp.doors import Doors
from thingdesk.channels.mcp.install import Mcp, install

__all__ = ["Doors", "Mcp", "describe_tool", "install"]
