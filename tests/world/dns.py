#!/usr/bin/python3
"""A name server for one test: dns.py ZONE.json PORT-FILE

ZONE.json is {name: {"A": [...], "MX": [[10, "mx.example"]]}}; the special name
"!" holds names that get SERVFAIL.  When the file changes it is read again.
"""
import asyncio
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "clouds"))
from names import Names  # noqa: E402


def load(names, path):
    with open(path) as f:
        zone = json.load(f)
    names.trouble = set(zone.pop("!", []))
    names.zone = zone


async def start(names):
    while True:  # a port that is free for UDP and TCP
        server = await asyncio.start_server(lambda r, w: w.close(),
                                            "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        try:
            return port, await names.start("127.0.0.1", port)
        except OSError:
            continue


async def main(path, port_file):
    names = Names({})
    load(names, path)
    port, server = await start(names)
    with open(port_file + ".new", "w") as f:
        f.write("%d\n" % port)
    os.rename(port_file + ".new", port_file)
    seen = os.stat(path).st_mtime_ns
    async with server:
        while True:
            await asyncio.sleep(0.1)
            now = os.stat(path).st_mtime_ns
            if now != seen:
                seen = now
                load(names, path)


asyncio.run(main(*sys.argv[1:]))
