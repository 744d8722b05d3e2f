"""Test vectors of an event's hash: for whoever writes a machine in a language of their own."""

from collections.abc import Iterator

from scripts.reference.words import table

from thingdesk.platform import cloudevents
from thingdesk.platform.cloudevents import Envelope

EVENT = (
    '{"type": "thingdesk.report", "specversion": "1.0", "id": "v-1",'
    ' "data": {"service": "test", "input": {"v": %s}}}'
)
VECTORS = {
    "1.0": "1",
    "-0.0": "0",
    "0.10": "0.1",
    "1E5": "100000",
    "0.00001": "0.00001",
    "9.99e-6": "0.00000999",
    "0.0000001": "1e-7",
    "1e16": "10000000000000000",
    "123456789012345680000": "123456789012345680000",
    "1e21": "1e+21",
    "1.5e300": "1.5e+300",
    "5e-324": "5e-324",
    "333333333.33333329": "333333333.3333333",
    "9007199254740991": "9007199254740991",
    r'"\u0041\/\u20ac\n\""': r'"A/€\n\""',
    r'{"\ue000": 1, "\ud83d\ude00": 2, "a": [1.50, true, null]}': (
        '{"a":[1.5,true,null],"\U0001f600":2,"\ue000":1}'
    ),
}
"""What is sent as `v`, and how it is hashed."""
SCRIPT = """
```js
const member = (name, value) => `${JSON.stringify(name)}:${canonical(value)}`;
const canonical = (value) => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const names = Object.keys(value).sort();
  return `{${names.map((name) => member(name, value[name])).join(",")}}`;
};
const hash = (event) =>
  require("node:crypto").createHash("sha256").update(canonical(event), "utf8").digest("hex");
```
"""
WORDS = f"""
### The hash of an event

SHA-256, in hex, of the event written by [RFC 8785](https://www.rfc-editor.org/rfc/rfc8785) (JSON
Canonicalization Scheme), which many languages have a library for: no blanks, names sorted by their
UTF-16 code units, text in UTF-8, numbers as ECMAScript spells them. All members of the event count,
also those that the desk does not read. What is sent need not be written so: the desk hashes what it
reads. In ECMAScript this is all:
{SCRIPT}
A number is the double that it reads as. So integers are exact from -9007199254740991 to
9007199254740991 (2^53 - 1). A longer one is taken when it is a double, or is written as ECMAScript
writes one (123456789012345680000); it is refused with `bad_event` when it has digits that a double
does not hold, or more than 21: send it as text. A number beyond ±1.7976931348623157e308 is no JSON
that the desk reads, and the values of a signal are between -1e15 and 1e15.

In this event `v` stands for what is in the first column:

```text
{EVENT % "v"}
```
"""


def vectors() -> Iterator[tuple[str, str, str]]:
    for sent, hashed in VECTORS.items():
        (event,) = cloudevents.read((EVENT % sent).encode())
        if not isinstance(event, Envelope):
            raise TypeError(f"{sent}: {event}")
        shown = hashed.replace("\ue000", r"\ue000")
        yield f"`{sent}`", f"`{shown}`", f"`{event.hash}`"


def section() -> str:
    rows = table(("sent", "hashed as", "hash of the event"), vectors())
    return f"{WORDS.strip()}\n\n{rows}\n"
