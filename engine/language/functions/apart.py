"""Where this library stands apart from HCL's own and from that of well-known tools, and why."""

_CLOCK = (
    "An expression reads no clock, so that a decision can be replayed: `now` is the time of the decision."
)
_CHANCE = "An expression knows no chance, so that a decision can be replayed: use `delivery.id`, or `uuidv5`."
_FILES = "An expression reads no files: give the text as a `variable`."
_OPERATOR = "There is an operator for it."
_BYTES = "There are no values made of bytes: text is Unicode."
_NETWORKS = "Nothing here is about networks."

#: A name that somebody may look for -> why it is not here, and what to do instead.
LEFT_OUT = {
    **dict.fromkeys(("timestamp", "plantimestamp"), _CLOCK),
    **dict.fromkeys(("uuid", "bcrypt"), _CHANCE),
    **dict.fromkeys(
        (
            "abspath", "file", "filebase64", "filebase64sha256", "filebase64sha512", "fileexists", "filemd5", "fileset",
            "filesha1", "filesha256", "filesha512", "pathexpand", "templatefile",
        ),
        _FILES,
    ),
    **dict.fromkeys(
        (
            "add", "and", "divide", "equal", "greaterthan", "greaterthanorequalto", "lessthan", "lessthanorequalto", "modulo",
            "multiply", "negate", "not", "notequal", "or", "subtract",
        ),
        _OPERATOR,
    ),
    **dict.fromkeys(("byteslen", "bytesslice"), _BYTES),
    **dict.fromkeys(("textdecodebase64", "textencodebase64"), "Text is carried as UTF-8: use `base64decode` and `base64encode`."),
    **dict.fromkeys(("base64gunzip", "base64gzip"), "What is packed may unpack to any size, and packs differently from version to version."),
    **dict.fromkeys(("cidrcontains", "cidrhost", "cidrnetmask", "cidrsubnet", "cidrsubnets"), _NETWORKS),
    **dict.fromkeys(("yamldecode", "yamlencode"), "Nobody sends YAML in a webhook: use `jsondecode` and `jsonencode`."),
    "assertnotnull": "A null that is used is an error by itself.",
    "hasindex": "Use `can(list[0])` or `contains(keys(object), name)`.",
    "list": "Write `[a, b]`.",
    "map": "Write `{ key = value }`.",
    "rsadecrypt": "Private keys have no place in a definition.",
    "sethaselement": "Use `contains`.",
    "strlen": "Use `length`.",
    "type": "A value's kind is known where it is used: try it with `can`.",
}  # fmt: skip

#: A call whose value differs from that of HCL's own library -> the reason.
DIFFERENCES = {
    'distinct([1, "1", true])': "The elements of a list keep their kinds. HCL's library first makes them all of one kind, or refuses the list.",
    'compact([1, "", null])': "Likewise.",
    'coalesce("", "none")': "Empty text counts as missing, as in well-known tools that speak HCL.",
    'coalesce({ a = 1 }, { b = "x" })': "Objects and lists stay as they are. HCL's library first makes them all of one type, or refuses them.",
    'coalescelist(null, ["a"])': "Null counts as missing, of whatever kind.",
    'lookup({ a = 1 }, "b", null)': "The default may be null, or be left out where the attribute must exist.",
    "signum(0.5)": "It takes fractions.",
    "parseint(11, 2)": "A number is taken for its digits.",
    'substr("hello", -2, 0)': "No characters are none.",
    'jsondecode("{\\"a\\": 1, \\"a\\": \\"x\\"}")': "Of two equal names the later one counts, whatever its kind.",
    'can(jsondecode("1}"))': "What stands behind a JSON value is always an error.",
    'can(regex("(?P<n>a)(?P<n>b)", "ab"))': "Two groups of one name are an error, as RE2 has it.",
    "length(range(2000))": "A range has as many numbers as the budget of an expression allows; HCL's library stops at 1,024.",
    'formatdate("YYYY-MM-DD", "2026-01-30")': "Timestamps may have any form of ISO 8601, as those of Jira do; without a zone they are UTC.",
    'length("ab") / length("abc") == 2 / 3': "Every number has 512 bits. HCL's library counts and cuts off (`length`, `int` …) in numbers of 64 bits, and has no more in what two such make.",
    "can(5 % 0)": "To divide by zero is an error; HCL's library has infinite numbers, and 5 for this remainder.",
    "can(1e-400 * 1e-400 * 1e-400 * 1e-400)": "Numbers end at 2 to the power of 4,096, and near zero at its inverse: beyond is an error.",
    "pow(3.14159, 100)": "It is rounded once, and so alike on every machine; HCL's library rounds on the way.",
    "can(pow(10, 400))": "What would be infinite is an error.",
}
