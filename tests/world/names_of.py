#!/usr/bin/python3
"""A name server for one test: names_of.py PORT ZONE.json, read anew whenever
the file has changed."""
import asyncio
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "clouds"))
from names import Names  # noqa: E402


class Watched(Names):
    def __init__(self, path):
        super().__init__({})
        self.path, self.seen = path, None

    def answer(self, query):
        seen = os.stat(self.path).st_mtime_ns
        if seen != self.seen:
            with open(self.path) as f:
                self.zone, self.seen = json.load(f), seen
        return super().answer(query)


async def main():
    server = await Watched(sys.argv[2]).start("127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


asyncio.run(main())
