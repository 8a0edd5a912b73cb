"""Holds recorded requests against independent implementations, and prints what each came to as JSON.

    wire_peers.py EXCHANGES EXCLUDED

EXCHANGES is JSON: a list of objects with the operation as its document has it, the arguments that were sent, and the
request as it was recorded. EXCLUDED is JSON: for each peer the cases that it is known to read or write otherwise, each with
the reason. An exclusion that excludes nothing is an error, and so is one of a case that the peer agrees on.

The peers: `uritemplate` writes path and query anew (RFC 6570); `werkzeug`, `urllib` and `email` of the standard library read
queries, cookies, forms and parts; `openapi_core` reads the whole request with the document in its hand.
"""

import base64
import decimal
import email.parser
import email.policy
import json
import re
import sys
import urllib.parse

import openapi_core
import uritemplate
import werkzeug.http
import werkzeug.wrappers
from openapi_core.contrib.werkzeug import WerkzeugOpenAPIRequest

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


class Skipped(Exception):
    """The peer has nothing to say of this request."""


def text(value):
    """A single value as it stands on the wire: no exponent, no fraction that says nothing."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        value = decimal.Decimal(repr(value))
        value = value.quantize(1) if value == value.to_integral_value() else value
        return "0" if value == 0 else format(value, "f")
    return str(value)


def ordered(value):
    """The same for `uritemplate`, which sorts the members of an object unless they come as pairs."""
    return list(texts(value).items()) if isinstance(value, dict) else texts(value)


def texts(value):
    """The same of a list or an object."""
    if isinstance(value, list):
        return [text(item) for item in value]
    if isinstance(value, dict):
        return {name: text(item) for name, item in value.items()}
    return text(value)


class Exchange:
    """One request: what was meant, and what was sent."""

    def __init__(self, raw):
        self.name, self.path, self.method = raw["case"], raw["path"], raw["method"]
        self.document, self.arguments = raw["document"], raw["arguments"]
        self.is_plain, self.flat = raw["is_plain"], raw["flat"]
        self.target = raw["line"].split(" ")[1]
        self.headers = raw["headers"]
        self.body = base64.b64decode(raw["body"])
        item = self.document["paths"][self.path]
        operation = item[self.method]
        self.is_old = "swagger" in self.document
        # Those of the operation stand in for those of the path item.
        listed = {(one["name"], one["in"]): one for one in [*item["parameters"], *operation["parameters"]]}
        self.parameters = [one for one in listed.values() if one["in"] not in ("body", "formData")]
        self.content = operation.get("requestBody", {}).get("content", {})
        self.has_credentials = any("security" in key.lower() for key in [*operation, *self.document] if key != "components")
        self.media_type = self.header("content-type", "").split(";")[0]

    def header(self, name, otherwise=None):
        return dict(self.headers).get(name, otherwise)

    def argument(self, parameter):
        """What was sent for a parameter; None for nothing."""
        wire = re.sub("[^A-Za-z0-9]", "_", parameter["name"])
        wire = wire.rstrip("_") if wire.startswith("_") and parameter["name"].startswith("_") else wire.strip("_")
        wire = f"_{wire}" if wire[:1].isdigit() else wire or "argument"
        for name in (f"{wire}_{parameter['in']}", wire):
            if name in self.arguments:
                return self.arguments[name]
        return None

    def members(self):
        """What was sent as the body's members, in their order."""
        if not self.flat:
            return self.arguments.get("body")
        (media,) = self.content.values()
        # As arguments of their own, members are sent in the order of the document.
        return {name: self.arguments[name] for name in media["schema"]["properties"] if name in self.arguments}


def same(what, read, meant):
    if read != meant:
        raise AssertionError(f"{what}: the peer has {read!r}, meant was {meant!r}")


# RFC 6570.
OPERATORS = {"simple": "", "label": ".", "matrix": ";"}


def expands(exchange):
    """Writes the target with `uritemplate`, from the template that RFC 6570 has for these styles."""
    if exchange.is_old or not exchange.is_plain or exchange.has_credentials:
        raise Skipped
    path, _, fixed = exchange.path.partition("?")
    values, query, said = {}, [], False
    for position, parameter in enumerate(exchange.parameters):
        value = exchange.argument(parameter)
        place, style = parameter["in"], parameter.get("style", "simple" if parameter["in"] == "path" else "form")
        if place not in ("path", "query"):
            continue
        if "schema" not in parameter or parameter.get("x-multi-segment") or parameter.get("allowReserved"):
            raise Skipped
        explode = "*" if parameter.get("explode", style == "form") and isinstance(value, (list, dict)) else ""
        # Names are written as they come, so they must not need any encoding.
        name = parameter["name"]
        if not re.fullmatch("[A-Za-z0-9_]+", name):
            raise Skipped
        if place == "path":
            said = True
            path = path.replace("{%s}" % name, "{%s%s%s}" % (OPERATORS[style], f"v{position}_{name}", explode))
            if style == "matrix":
                path = path.replace(f"v{position}_{name}", name)
                values[name] = ordered(value)
            values[f"v{position}_{name}"] = ordered(value)
        elif style != "form":
            raise Skipped
        elif value is not None and value not in ([], {}):
            said = True
            query.append(name + explode)
            values[name] = ordered(value)
    if not said or "#" in path:
        raise Skipped
    operator = "&" if fixed else "?"
    template = path + (f"?{fixed}" if fixed else "") + ("{%s%s}" % (operator, ",".join(query)) if query else "")
    same(template, exchange.document_base + uritemplate.expand(template, values), exchange.target)


def split(raw, delimiter, name, schema_is_object):
    parts = [urllib.parse.unquote(part, errors="strict") for part in raw.split(delimiter)]
    return dict(zip(parts[::2], parts[1::2])) if schema_is_object else parts


def read_members(raw, decoded, described, meant):
    """Takes pairs apart as their styles say, and compares them with what was meant. What is left over is a fault."""
    left, raws = list(decoded), dict(pair.split("=", 1) for pair in raw.split("&") if pair)
    for name, style, explode, content, value in described:
        mine = [pair for pair in left if pair[0] == name]
        quoted = urllib.parse.quote(name, safe="")
        if value is None or value in ([], {}) and not content:
            read = [] if not mine else mine
            same(name, read, [])
            continue
        if content:
            same(name, json.loads(mine[0][1]), value)
        elif style == "deepObject":
            mine = [pair for pair in left if re.fullmatch(re.escape(name) + r"\[[^\[\]]*\]", pair[0])]
            same(name, {key[len(name) + 1:-1]: item for key, item in mine}, texts(value))
        elif isinstance(value, dict) and explode:
            mine = [pair for pair in left if pair[0] in value]
            same(name, dict(mine), texts(value))
        elif isinstance(value, (list, dict)) and not explode:
            delimiter = {"form": ",", "spaceDelimited": "%20", "pipeDelimited": "%7C"}[style]
            same(name, split(raws[quoted], delimiter, name, isinstance(value, dict)), texts(value))
        else:
            same(name, [item for _, item in mine], texts(value) if isinstance(value, list) else [text(value)])
        left = [pair for pair in left if pair not in mine]
    same("pairs left over", left, [])


def reads_query(exchange):
    """Reads the query with `urllib` and `werkzeug`, and what is in it by its styles."""
    raw = urllib.parse.urlsplit(exchange.target).query
    if exchange.is_old or not exchange.is_plain or "?" in exchange.path or exchange.has_credentials or not raw:
        raise Skipped
    pairs = urllib.parse.parse_qsl(raw, keep_blank_values=True, strict_parsing=True, errors="strict")
    request = werkzeug.wrappers.Request.from_values(query_string=raw)
    same("the pairs of both", list(request.args.items(multi=True)), sorted_like(pairs, request.args))
    described = []
    for parameter in exchange.parameters:
        if parameter["in"] != "query":
            continue
        style = parameter.get("style", "form")
        content = next(iter(parameter.get("content", {})), None)
        is_json = bool(content) and content.endswith("json")
        explode = parameter.get("explode", style == "form")
        described.append((parameter["name"], style, explode, is_json, exchange.argument(parameter)))
    read_members(raw, pairs, described, exchange.arguments)


def sorted_like(pairs, multi):
    """The pairs in the order that a dictionary of lists has them in."""
    return [(name, value) for name in multi.keys() for key, value in pairs if key == name]


def reads_form(exchange):
    """Reads a form with `urllib` and `werkzeug`."""
    if exchange.is_old or exchange.media_type != FORM or not exchange.body:
        raise Skipped
    raw = exchange.body.decode("ascii")
    pairs = urllib.parse.parse_qsl(raw, keep_blank_values=True, strict_parsing=True, errors="strict")
    request = werkzeug.wrappers.Request.from_values(method="POST", data=exchange.body, content_type=FORM)
    same("the pairs of both", list(request.form.items(multi=True)), sorted_like(pairs, request.form))
    encoding = exchange.content[FORM].get("encoding", {})
    described = []
    for name, value in exchange.members().items():
        how = encoding.get(name, {})
        is_json = "json" in how.get("contentType", "")
        described.append((name, how.get("style", "form"), how.get("explode", how.get("style", "form") == "form"), is_json, value))
    read_members(raw, pairs, described, exchange.arguments)


def reads_parts(exchange):
    """Reads parts with `werkzeug`, and with `email` of the standard library."""
    if exchange.media_type != MULTIPART:
        raise Skipped
    whole = b"Content-Type: " + exchange.header("content-type").encode() + b"\r\n\r\n" + exchange.body
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(whole)
    same("defects", message.defects, [])
    meant = []
    for name, value in exchange.members().items():
        meant.extend((name, item) for item in (value if isinstance(value, list) else [value]))
    parts = list(message.iter_parts())
    same("number of parts", len(parts), len(meant))
    request = werkzeug.wrappers.Request.from_values(
        method="POST", data=exchange.body, content_type=exchange.header("content-type"))
    forms = {name: list(values) for name, values in request.form.lists()}
    files = {name: list(values) for name, values in request.files.lists()}
    for part, (name, value) in zip(parts, meant):
        disposition = part["content-disposition"]
        same("disposition", disposition.content_disposition, "form-data")
        same("name", disposition.params["name"], name)
        content = part.get_payload(decode=True)
        if isinstance(value, dict) and "base64" in value:
            # `email` reads a name outside ASCII by another standard's rules.
            if value.get("filename", "").isascii():
                same("file name", part.get_filename(), value.get("filename", "file"))
            same("content", content, base64.b64decode(value["base64"]))
            other = files[name].pop(0)
            same("file name", other.filename, value.get("filename", "file"))
            same("content", other.read(), base64.b64decode(value["base64"]))
            if "media_type" in value:
                same("media type", other.content_type, value["media_type"])
        elif isinstance(value, dict):
            same("content", json.loads(content), value)
            same("content", json.loads(forms[name].pop(0)), value)
        else:
            same("content", content.decode("utf-8"), text(value))
            same("content", forms[name].pop(0), text(value))
    same("parts left over", [one for values in [*forms.values(), *files.values()] for one in values], [])


def reads_cookies(exchange):
    """Reads cookies with `werkzeug`."""
    if exchange.header("cookie") is None or exchange.has_credentials or not exchange.is_plain:
        raise Skipped
    read = dict(werkzeug.http.parse_cookie(exchange.header("cookie")))
    for parameter in exchange.parameters:
        value = exchange.argument(parameter)
        if parameter["in"] != "cookie" or value in (None, [], {}):
            continue
        found = read.pop(parameter["name"])
        if "content" in parameter:
            same(parameter["name"], json.loads(urllib.parse.unquote(found)), value)
        elif isinstance(value, (list, dict)):
            same(parameter["name"], split(found, ",", "", isinstance(value, dict)), texts(value))
        else:
            same(parameter["name"], found, text(value))
    same("cookies left over", read, {})


def reads_whole(exchange):
    """Reads the request with `openapi_core` and the document, types included."""
    if exchange.is_old or not exchange.is_plain or exchange.flat or "?" in exchange.path:
        raise Skipped
    if exchange.document["openapi"].startswith("3.2") or exchange.has_credentials:
        raise Skipped
    if exchange.body and exchange.media_type not in (FORM, "application/json"):
        raise Skipped
    if not exchange.body and not exchange.parameters:
        raise Skipped
    document = {**exchange.document, "servers": [{"url": "http://localhost" + exchange.document_base}]}
    path, _, query = exchange.target.partition("?")
    request = werkzeug.wrappers.Request.from_values(
        path=path, query_string=query, method=exchange.method.upper(), data=exchange.body,
        base_url="http://localhost", headers=[(n, v) for n, v in exchange.headers if n not in ("host", "content-length")])
    read = openapi_core.OpenAPI.from_dict(document).unmarshal_request(WerkzeugOpenAPIRequest(request))
    if read.errors:
        raise read.errors[0]
    for parameter in exchange.parameters:
        place = getattr(read.parameters, parameter["in"])
        value = exchange.argument(parameter)
        if value is None or value in ([], {}) and "content" not in parameter:
            same(parameter["name"], place.get(parameter["name"]), None)
        else:
            same(parameter["name"], plain(place.get(parameter["name"])), value)
    if exchange.body:
        meant = exchange.members()
        if exchange.media_type == FORM:
            encoding = exchange.content[FORM].get("encoding", {})
            is_sent = lambda name, value: value not in ([], {}) or "contentType" in encoding.get(name, {})
            meant = {name: value for name, value in meant.items() if is_sent(name, value)}
        same("body", plain(read.body), meant)


def plain(value):
    """The peer's own types for dates and the like are no concern here."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


PEERS = {
    "uritemplate": expands,
    "query": reads_query,
    "form": reads_form,
    "parts": reads_parts,
    "cookies": reads_cookies,
    "openapi_core": reads_whole,
}


def judge(peer, exchange):
    """None if the peer agrees, else what it says; raises Skipped where it says nothing."""
    try:
        PEERS[peer](exchange)
    except Skipped:
        raise
    except Exception as fault:  # Whatever a peer cannot read, it does not agree with.
        return f"{type(fault).__name__}: {fault}"
    return None


def main(exchanges, excluded):
    with open(exchanges) as file:
        exchanges = json.load(file)
    with open(excluded) as file:
        excluded = json.load(file)
    told = {peer: {"agreed": 0, "excluded": 0, "faults": []} for peer in PEERS}
    used = set()
    for raw in exchanges:
        exchange = Exchange(raw)
        exchange.document_base = raw["base_path"]
        for peer, outcome in told.items():
            try:
                fault = judge(peer, exchange)
            except Skipped:
                continue
            reasons = [pattern for pattern in excluded.get(peer, {}) if re.fullmatch(pattern, exchange.name)]
            if fault is None:
                outcome["agreed"] += 1
            elif reasons:
                used.update((peer, pattern) for pattern in reasons)
                outcome["excluded"] += 1
            else:
                outcome["faults"].append(f"{exchange.name} {json.dumps(exchange.arguments)[:200]} {exchange.target[:200]}: {fault}"[:900])
    for peer, patterns in excluded.items():
        for pattern in patterns:
            if (peer, pattern) not in used:
                told[peer]["faults"].append(f"the exclusion {pattern!r} excludes nothing")
    print(json.dumps(told))


main(*sys.argv[1:])
