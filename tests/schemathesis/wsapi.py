"""Writes WSAPI's own document with the statuses that the dialect has beyond it: `wsapi.py document.yml out.json`."""

import json
import sys

import yaml

# Each is an error in the form that the document gives to all of them.
BEYOND = {
    "400": "Something is wrong with the request, also where the document thinks of nothing that could be.",
    "403": "WhatsApp does not let the number do that: it is not in the group, or no admin of it.",
    "404": "There is no such instance, message, chat or file, which the document has of some operations alone.",
    "409": "The instance has no number yet, which the document leaves out where it speaks of instances.",
    "413": "The body is longer than any may be.",
    "429": "The caller, or WhatsApp on its behalf, has asked as often as is granted; `Retry-After` says until when.",
    "502": "WhatsApp refused what it was asked for: the handlers of the service have this, the document has not.",
    "503": "The instance is not connected, or the node is full, wherever the document has it of some operations alone.",
}
METHODS = {"get", "put", "post", "delete", "patch"}

source, target = sys.argv[1:]
with open(source, encoding="utf-8") as file:
    document = yaml.safe_load(file)
for path in document["paths"].values():
    for method in METHODS & path.keys():
        for status, why in BEYOND.items():
            schema = {"$ref": "#/components/schemas/Error"}
            error = {"description": why, "content": {"application/json": {"schema": schema}}}
            path[method]["responses"].setdefault(status, error)
with open(target, "w", encoding="utf-8") as file:
    json.dump(document, file)
