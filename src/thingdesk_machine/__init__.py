"""The client library for makers of machines: report, signal, notices, commands."""
